import { chmodSync, lstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { OciError } from '../../errors.ts';
import { makeTemporaryDirectory } from './atomic.ts';
import { onDisk, systemCode } from './system-error.ts';

/** A directory in the making: work goes on beside its place, on the same file system. */
export interface Target {
  /** Where to write meanwhile: an empty directory. */
  readonly work: string;
  /** Puts the work into its place. */
  commit(): void;
  /** Removes the work; nothing was changed. */
  abandon(): void;
}

const ownerAll = 0o700;

function checkPlace(directory: string, force: boolean): void {
  const found = onDisk(directory, 'a place for a directory', () => lstatSync(directory, { throwIfNoEntry: false }));
  if (found === undefined || force) return;
  if (!found.isDirectory())
    throw new OciError('conflict', directory, 'expected a place for a directory, got a file', {
      hint: '--force replaces it',
    });
  if (onDisk(directory, 'a directory', () => readdirSync(directory)).length > 0) {
    throw new OciError('conflict', directory, 'expected an empty or new directory, got one with files in it', {
      hint: '--force replaces it',
    });
  }
}

/** Renames, also onto an empty directory; without root, a directory that may not be written to (0555) goes to another parent only while it may. */
function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    const stat = lstatSync(from);
    if (systemCode(error) !== 'EACCES' || !stat.isDirectory()) throw error;
    chmodSync(from, stat.mode | ownerAll);
    try {
      renameSync(from, to);
    } catch (again) {
      chmodSync(from, stat.mode);
      throw again;
    }
    chmodSync(to, stat.mode);
  }
}

/** Puts `work` where something may be: that goes aside first, and comes back where `work` cannot take its place. */
function replace(place: string, work: string, aside: string): void {
  move(place, aside);
  try {
    move(work, place);
  } catch (error) {
    move(aside, place);
    throw error;
  }
}

/** Without root, what is in a directory that may not be written to cannot be removed. */
function makeRemovable(directory: string): void {
  if (process.geteuid?.() === 0) return;
  const left = [Buffer.from(directory)];
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    const stat = lstatSync(place);
    if (!stat.isDirectory()) continue;
    if ((stat.mode & ownerAll) !== ownerAll) chmodSync(place, stat.mode | ownerAll);
    for (const entry of readdirSync(place, { encoding: 'buffer', withFileTypes: true })) {
      const name = entry.name as unknown as Buffer;
      if (entry.isDirectory()) left.push(Buffer.concat([place, Buffer.from('/'), name]));
    }
  }
}

/**
 * Prepares a new directory. Throws `conflict` where something is in the way, unless `force` is given: then that is
 * removed, but only once the work is in its place.
 */
export function prepareTarget(directory: string, options: { readonly force: boolean }): Target {
  checkPlace(directory, options.force);
  const place = resolve(directory);
  onDisk(directory, 'a place for a directory', () => mkdirSync(dirname(place), { recursive: true }));
  const temporary = onDisk(directory, 'a place for a directory', () => makeTemporaryDirectory(dirname(place)));
  const work = join(temporary.path, 'new');
  const remove = (): void => {
    makeRemovable(temporary.path);
    temporary.remove();
  };
  onDisk(directory, 'a place for a directory', () => mkdirSync(work));
  return {
    work,
    commit() {
      onDisk(directory, 'a place for the directory', () => {
        const isThere = options.force && lstatSync(place, { throwIfNoEntry: false }) !== undefined;
        if (isThere) replace(place, work, join(temporary.path, 'old'));
        else move(work, place);
        remove();
      });
    },
    abandon: remove,
  };
}
