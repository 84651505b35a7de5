import { lstatSync, readFileSync } from 'node:fs';
import { type ByteString, impliedMeta, type Node, type Path } from '../../tree/node.ts';
import { encodeText, listPaths } from '../../tree/path.ts';
import { kindOf, type Stat } from './stat.ts';

/** What this process sees mounted, a line a mount, those that lie on others behind them (proc_pid_mountinfo(5)). */
const table = '/proc/self/mountinfo';

const unescaped = (field: string): ByteString =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

const isBelow = (path: ByteString, directory: ByteString): boolean =>
  path.startsWith(directory === '/' ? '/' : `${directory}/`) && path !== directory;

/** The mounts below a root in such a table. What was mounted over afterwards is not there to be seen. */
export function mountsIn(text: ByteString, root: ByteString): ReadonlySet<Path> {
  const prefix = root === '/' ? '/' : `${root}/`;
  const mounts = new Set<Path>();
  for (const line of text.split('\n')) {
    const field = line.split(' ', 5)[4];
    if (field === undefined) continue;
    const point = unescaped(field);
    for (const covered of mounts) if (isBelow(prefix + covered, point)) mounts.delete(covered);
    if (isBelow(point, root)) mounts.add(point.slice(prefix.length));
  }
  return mounts;
}

/**
 * What is mounted below a directory, given without symbolic links: other file systems, and parts of the same one (bind mounts), which
 * no device number tells. Undefined where the system does not say.
 */
function mountsBelow(root: string): ReadonlySet<Path> | undefined {
  try {
    return mountsIn(readFileSync(table, 'latin1'), encodeText(root));
  } catch {
    return undefined;
  }
}

/** Whether a path is a mount below the root. Where the system does not say, a directory of another device is one. */
export function mountTest(root: string): (path: Path, stat: Stat) => boolean {
  const mounts = mountsBelow(root);
  if (mounts !== undefined) return mounts.size === 0 ? () => false : path => mounts.has(path);
  const { dev } = lstatSync(root, { bigint: true });
  return (_path, stat) => kindOf(stat) === 'directory' && stat.device !== dev;
}

/**
 * A mounted directory as an empty one with the mode and the owner that are seen, as GNU tar and rsync have it: what it hides nobody
 * sees. Nothing for any other file.
 */
export function mountPoint(stat: Stat): Node | undefined {
  if (kindOf(stat) !== 'directory') return undefined;
  const { mode, uid, gid } = stat;
  return { kind: 'directory', meta: { ...impliedMeta, mode: mode & 0o7777, uid, gid }, children: new Map() };
}

/** One sentence that names the mounts that were not walked, the first of them where they are many. */
export function mountWarnings(mounts: ReadonlySet<Path>): readonly string[] {
  if (mounts.size === 0) return [];
  const one = 'a mount, which is not walked and stays as it is in the base';
  const many = 'mounts, which are not walked and stay as they are in the base';
  return [`${listPaths(mounts)}: ${mounts.size === 1 ? one : many}`];
}
