import { statfsSync, statSync } from 'node:fs';

/** What Linux calls file systems that another machine or a program has (statfs(2)): nfs, smb, cifs, smb2, fuse, 9p, afs, coda, ceph, gfs2, ocfs2, lustre, vboxsf. */
const remote: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x5346414f, 0x73757245, 0x00c36400, 0x01161970,
  0x7461636f, 0x0bd00bd0, 0x786f4256,
]);

/** File systems that overlayfs takes as a lower directory's on whatever its upper one lies: ext4, xfs, btrfs, tmpfs, f2fs. */
const plain: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994, 0xf2f52010]);

/** Whether a directory can lie below another one in an overlay, where one beside that other can. */
export function canLieBelow(directory: string, other: string): boolean {
  const type = statfsSync(directory).type >>> 0;
  return plain.has(type) || type === statfsSync(other).type >>> 0;
}

/**
 * Whether two directories have the same clock, and what stat(2) says of files in the first is never late: files of another machine may have changed
 * before it is told here.
 */
export function hasClockOf(directory: string, other: string): boolean {
  if (process.platform === 'linux') return !remote.has(statfsSync(directory).type >>> 0);
  return statSync(directory).dev === statSync(other).dev;
}
