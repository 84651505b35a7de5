import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { invalid } from '../../errors.ts';
import { symlinkLimit, usersLimit } from '../../limits.ts';
import { systemCode } from './system-error.ts';

/** Where a path leads inside a root directory: absolute, no symbolic link in it. */
interface Resolved {
  readonly path: string;
  /** What is there; undefined for nothing. */
  readonly kind: 'directory' | 'other' | undefined;
}

function found(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

/**
 * Follows every symbolic link of a path inside a root directory, as `resolvePath` does in a tree: absolute targets start at the
 * root, `..` stops there, what is not there keeps its name. Nobody else changes the directory meanwhile. Throws `invalid` for too
 * many links.
 */
export function resolveInside(root: string, path: string): Resolved {
  const reached: string[] = [];
  const ahead = path.split('/').reverse();
  let kind: Resolved['kind'] = 'directory';
  let links = 0;
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      reached.pop();
      kind = 'directory';
      continue;
    }
    const at = `${root}/${[...reached, name].join('/')}`;
    const stat: Stats | undefined = kind === 'directory' ? found(at) : undefined;
    if (stat?.isSymbolicLink() !== true) {
      reached.push(name);
      kind = stat === undefined ? undefined : stat.isDirectory() ? 'directory' : 'other';
      continue;
    }
    if (++links > symlinkLimit) throw invalid(path, `a path of at most ${symlinkLimit} symbolic links`, 'more');
    const target = readlinkSync(at);
    if (target.startsWith('/')) reached.length = 0;
    for (const step of target.split('/').reverse()) ahead.push(step);
  }
  return { path: `/${reached.join('/')}`, kind };
}

/** A small text file inside a root directory; empty where there is none. Throws `invalid` where it is larger than `usersLimit`. */
export function readInside(root: string, path: string): string {
  const { path: at, kind } = resolveInside(root, path);
  if (kind !== 'other') return '';
  const file = openSync(`${root}${at}`, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = fstatSync(file);
    if (size > usersLimit) throw invalid(path, `at most ${usersLimit} bytes`, `${size}`);
    return fstatSync(file).isFile() ? readFileSync(file, 'utf8') : '';
  } finally {
    closeSync(file);
  }
}
