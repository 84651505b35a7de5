import {
  accessSync,
  type BigIntStats,
  chmodSync,
  chownSync,
  constants,
  lstatSync,
  readdirSync,
  renameSync,
  utimesSync,
} from 'node:fs';
import { OciError } from '../../errors.ts';
import { diskPath } from './disk-path.ts';
import { holdIfDirectory } from './held-directory.ts';
import { loadNative } from './native.ts';
import { dropLists } from './plain-directory.ts';
import { systemCode } from './system-error.ts';

type DiskName = string | Buffer;

/** Without root, a directory that may not be written to (0555) goes to another parent only while it may. */
export function whileOpen(paths: readonly DiskName[], action: () => void): void {
  try {
    action();
    return;
  } catch (error) {
    if (systemCode(error) !== 'EACCES') throw error;
  }
  const held = paths.map(path => holdIfDirectory(path)).filter(directory => directory !== undefined);
  try {
    for (const directory of held) directory.open();
    action();
  } finally {
    for (const directory of held) {
      directory.restore();
      directory.close();
    }
  }
}

const names = (directory: string): readonly string[] =>
  readdirSync(directory, 'buffer').map(name => name.toString('latin1'));

/**
 * Whether a directory that is there, and what it was `found` to be, can be filled, and need not be replaced: an empty one of our own. It may be where somebody is, or where a file
 * system is mounted.
 */
export function canFill(place: string, found: { readonly uid: number }): boolean {
  const user = process.geteuid?.();
  if (user !== 0 && user !== found.uid) return false;
  try {
    accessSync(place, constants.W_OK | constants.X_OK | constants.R_OK);
  } catch {
    return false;
  }
  return readdirSync(place).length === 0;
}

/** Moves all that is in a directory into another, whose own it becomes: all of it, or nothing. */
function moveAll(from: string, to: string): void {
  const moved: string[] = [];
  const move = (name: string, [here, there]: readonly [string, string]): void => {
    const path = diskPath(here, name);
    whileOpen([here, path], () => renameSync(path, diskPath(there, name)));
  };
  try {
    for (const name of names(from)) {
      move(name, [from, to]);
      moved.push(name);
    }
  } catch (error) {
    for (const name of moved.reverse()) move(name, [to, from]);
    throw error;
  }
}

/** Gives a directory what another one had. */
function dress(place: string, { uid, gid, mode, mtimeNs }: BigIntStats): void {
  const now = lstatSync(place, { bigint: true });
  if (now.uid !== uid || now.gid !== gid) chownSync(place, Number(uid), Number(gid));
  chmodSync(place, Number(mode) & 0o7777);
  const native = loadNative();
  const seconds = Number(mtimeNs) / 1e9;
  if (native === undefined) utimesSync(place, seconds, seconds);
  else native.setTime(place, mtimeNs);
}

/** Throws where a directory has more in it by now than this one's work. */
function checkEmpty(place: string, own: string): void {
  if (readdirSync(place).some(name => name !== own))
    throw new OciError('conflict', place, 'expected an empty directory, got one with files in it');
}

/**
 * Puts what is in `work` into `place`, which has nothing in it but `own`, where the work is. What it answers gives that the attributes that `work` had, which
 * nothing may be changed in after. Throws `conflict` where something has come into it meanwhile.
 */
export function fill(place: string, work: string, own: string): () => void {
  checkEmpty(place, own);
  const found = lstatSync(work, { bigint: true });
  const attributes = loadNative()?.readXattrs(work);
  moveAll(work, place);
  return () => {
    dropLists(place);
    for (const [name, value] of attributes ?? []) loadNative()?.writeXattr(place, name, value);
    dress(place, found);
  };
}
