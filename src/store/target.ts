import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { OciError } from '../errors.ts';
import { makeTemporaryDirectory } from './atomic.ts';
import { onDisk } from './system-error.ts';

/** A directory in the making: work goes on beside its place, on the same file system. */
export interface Target {
  /** Where to write meanwhile: an empty directory. */
  readonly work: string;
  /** Puts the work into its place. */
  commit(): void;
  /** Removes the work; nothing was changed. */
  abandon(): void;
}

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

function clear(directory: string, force: boolean): void {
  if (!existsSync(directory)) return;
  if (force) rmSync(directory, { recursive: true, force: true });
  else rmdirSync(directory);
}

/**
 * Prepares a new directory. Throws `conflict` where something is in the way, unless `force` is given: then that is
 * removed, but only once the work is done.
 */
export function prepareTarget(directory: string, options: { readonly force: boolean }): Target {
  checkPlace(directory, options.force);
  const place = resolve(directory);
  onDisk(directory, 'a place for a directory', () => mkdirSync(dirname(place), { recursive: true }));
  const temporary = makeTemporaryDirectory(dirname(place));
  const work = `${temporary.path}/${basename(place)}`;
  onDisk(directory, 'a place for a directory', () => mkdirSync(work));
  return {
    work,
    commit() {
      onDisk(directory, 'a place for the directory', () => {
        clear(place, options.force);
        renameSync(work, place);
      });
      temporary.remove();
    },
    abandon: () => temporary.remove(),
  };
}
