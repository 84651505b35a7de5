import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
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
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** What a path of a root comes to. */
export interface Followed extends Resolved {
  /** Where it lies on the disk, and what is there; undefined for nothing. */
  readonly at: { readonly place: string; readonly stat: Stats } | undefined;
  /** The directories on the way. */
  readonly passed: readonly Stats[];
}

/** A path's places on the disk, the uppermost first: overlayfs's mark of what is gone hides those below it. Undefined where nobody can know what is there. */
export type PlacesOf = (path: string) => readonly string[] | undefined;

const isGone = (stat: Stats): boolean => stat.isCharacterDevice() && stat.rdev === 0;

function firstOf(places: readonly string[]): Followed['at'] {
  for (const place of places) {
    const stat = found(place);
    if (stat !== undefined) return isGone(stat) ? undefined : { place, stat };
  }
  return undefined;
}

/**
 * Follows every symbolic link of a path inside a root that lies in several places: absolute targets start at the root, `..` stops there, what is not there
 * keeps its name. Nobody else changes the places meanwhile. Undefined where it leads to what nobody can know. Throws `invalid` for too many links.
 */
export function followInside(path: string, placesOf: PlacesOf): Followed | undefined {
  const reached: string[] = [];
  const passed: Stats[] = [];
  const ahead = path.split('/').reverse();
  let [kind, links, at]: [Resolved['kind'], number, Followed['at']] = ['directory', 0, undefined];
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      reached.pop();
      kind = 'directory';
      at = undefined;
      continue;
    }
    const next = `/${[...reached, name].join('/')}`;
    const places: readonly string[] | undefined = kind === 'directory' ? placesOf(next) : [];
    if (places === undefined) return undefined;
    const there: Followed['at'] = firstOf(places);
    if (there?.stat.isSymbolicLink() !== true) {
      if (at?.stat.isDirectory() === true) passed.push(at.stat);
      reached.push(name);
      at = there;
      kind = there === undefined ? undefined : there.stat.isDirectory() ? 'directory' : 'other';
      continue;
    }
    if (++links > symlinkLimit) throw invalid(path, `a path of at most ${symlinkLimit} symbolic links`, 'more');
    const target = readlinkSync(there.place);
    if (target.startsWith('/')) {
      reached.length = 0;
      at = undefined;
    }
    for (const step of target.split('/').reverse()) ahead.push(step);
  }
  return { path: `/${reached.join('/')}`, kind, at, passed };
}

/**
 * Follows every symbolic link of a path inside a root directory, as `resolvePath` does in a tree: absolute targets start at the
 * root, `..` stops there, what is not there keeps its name. Nobody else changes the directory meanwhile. Throws `invalid` for too
 * many links.
 */
export const resolveInside = (root: string, path: string): Resolved =>
  followInside(path, at => [`${root}${at}`]) as Followed;

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

/** The first bytes of a regular file; undefined where it is none or cannot be read. */
export function readHead(place: string, length: number): Uint8Array | undefined {
  let file: number | undefined;
  try {
    file = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (!fstatSync(file).isFile()) return undefined;
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, 0));
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

const formats = '/proc/sys/fs/binfmt_misc';

/** Whether the kernel has been told of programs that are not its own (binfmt_misc), or nobody can know. */
export function hasOtherFormats(): boolean {
  try {
    const names = readdirSync(formats);
    return !names.includes('status') || names.length > 2;
  } catch {
    return true;
  }
}
