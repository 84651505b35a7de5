import { chmodSync, closeSync, constants, fstatSync, openSync } from 'node:fs';
import { setGroup } from '../../tree/node.ts';
import { handleOf, nameOnly } from './handles.ts';
import type { Stat } from './stat.ts';
import { systemCode } from './system-error.ts';

const held = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | nameOnly;
const [plainFile, directory, typeBits] = [0o100000, 0o040000, 0o170000];

/** Whether a chmod lets its owner do what is wanted (permission bits), and can be taken back: a set-group bit of another's group is lost. */
function isOurs(found: { readonly mode: number; readonly uid: number; readonly gid: number }, wanted: number): boolean {
  const type = found.mode & typeBits;
  const isKept = (found.mode & setGroup) === 0 || process.getgroups?.().includes(found.gid) === true;
  return (
    (type === plainFile || type === directory) &&
    found.uid === process.geteuid?.() &&
    (found.mode & wanted) !== wanted &&
    (isKept || process.getegid?.() === found.gid)
  );
}

/**
 * What an action gives. Where it is refused (EACCES) and it is only the mode of an open file or directory of our own that keeps
 * us out (0000, as `/etc/gshadow` has it), it is tried again with a mode that lets us, which is taken back before this returns,
 * whatever happens. What that changes is the ctime. `descriptor` may be opened by name only (O_PATH).
 */
export function withLeave<T>(descriptor: number, wanted: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (systemCode(error) !== 'EACCES') throw error;
    const found = fstatSync(descriptor);
    if (!isOurs(found, wanted)) throw error;
    const place = handleOf(descriptor);
    const mode = found.mode & 0o7777;
    chmodSync(place, mode | wanted);
    try {
      return action();
    } finally {
      chmodSync(place, mode);
    }
  }
}

/** The ctimes that our own leave gave to files that were listed before. */
const ctimes = new WeakMap<Stat, bigint>();

/** When a listed file changed last, but for our own leave. */
export const ctimeOf = (listed: Stat): bigint => ctimes.get(listed) ?? listed.ctime;

function isUntouched(descriptor: number, listed: Stat): boolean {
  const now = fstatSync(descriptor, { bigint: true });
  return now.ino === listed.inode && now.dev === listed.device && now.ctimeNs === ctimeOf(listed);
}

/**
 * The same for a file by its name, which no symbolic link is followed at. Its `listed` stat has been taken before: where the file
 * has not changed since, `ctimeOf` counts the ctime that it has afterwards as the listed one.
 */
export function withLeaveAt<T>(place: string | Buffer, listed: Stat | undefined, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (systemCode(error) !== 'EACCES') throw error;
    const descriptor = openSync(place, held);
    try {
      const wasSame = listed !== undefined && isUntouched(descriptor, listed);
      const result = withLeave(descriptor, 0o400, action);
      if (wasSame) ctimes.set(listed, fstatSync(descriptor, { bigint: true }).ctimeNs);
      return result;
    } finally {
      closeSync(descriptor);
    }
  }
}
