import { statfsSync, statSync } from 'node:fs';

/** What Linux calls file systems that another machine or a program has (statfs(2)): nfs, smb, cifs, smb2, fuse, 9p, afs, coda, ceph, gfs2, ocfs2, lustre, vboxsf. */
const remote: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x5346414f, 0x73757245, 0x00c36400, 0x01161970,
  0x7461636f, 0x0bd00bd0, 0x786f4256,
]);

/**
 * Whether two directories have the same clock, and what stat(2) says of files in the first is never late: files of another machine may have changed
 * before it is told here.
 */
export function hasClockOf(directory: string, other: string): boolean {
  if (process.platform === 'linux') return !remote.has(statfsSync(directory).type >>> 0);
  return statSync(directory).dev === statSync(other).dev;
}
