import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs';
import { setGroup } from '../../tree/node.ts';
import { loadNative } from './native.ts';

const lists = ['system.posix_acl_default', 'system.posix_acl_access'];
/** The kernel's form of an access control list that says nothing, which takes one away: its version alone. */
const nothing: Uint8Array = new Uint8Array([2, 0, 0, 0]);

/**
 * Makes a directory whose files get their owner's group and no list of access from it: of the one above it, it would have both, its set-group bit
 * and its default list, and so would have all that an image is unpacked to.
 */
export function makePlainDirectory(path: string, mode: number): void {
  mkdirSync(path, { mode });
  const found = lstatSync(path);
  const group = process.getegid?.() ?? found.gid;
  if (found.gid !== group) chownSync(path, found.uid, group);
  if ((found.mode & setGroup) !== 0) chmodSync(path, found.mode & 0o777);
  dropLists(path);
}

/** Takes a directory's lists of access away. */
export function dropLists(path: string): void {
  const native = loadNative();
  for (const name of lists) if (native?.hasXattr(path, name) === true) native.writeXattr(path, name, nothing);
}
