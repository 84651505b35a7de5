import {
  closeSync,
  existsSync,
  fchmodSync,
  fsync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode, systemError } from './system-error.ts';
import { makeTemporaryDirectory } from './temporary.ts';

/** Writes all of `bytes`: one call may write less where the disk is full. */
export function writeFully(file: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
}

/** Waits until the disk has an open file, while the event loop turns. `subject` and `expected` are what an error says. */
export function fsynced(file: number, subject: string, expected: string): Promise<void> {
  return new Promise((resolve, reject) =>
    fsync(file, error => (error === null ? resolve() : reject(systemError(error, subject, expected)))),
  );
}

/** Makes a directory's renames last through a loss of power, where the file system can. */
export function syncDirectory(path: string): void {
  try {
    const directory = openSync(path, 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}

/** Writes a new file (mode 0644) down to the disk. */
export function writeNewFile(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'wx', 0o644);
  try {
    fchmodSync(file, 0o644);
    writeFully(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The directory that is there already and that a path lies in, or is. */
export function standingAbove(path: string): string {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

/** Makes a directory and those above it, and answers those that were not there, the highest first. Node's own way forgets which error stopped it. */
export function makeDirectories(path: string): readonly string[] {
  const missing: string[] = [];
  for (let at = path; !existsSync(at) && at !== missing.at(-1); at = dirname(at)) missing.push(at);
  const made: string[] = [];
  try {
    for (const directory of missing.reverse()) if (makeDirectory(directory)) made.push(directory);
  } catch (error) {
    takeBackDirectories(made);
    throw error;
  }
  return made;
}

function makeDirectory(path: string): boolean {
  try {
    mkdirSync(path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return false;
  }
  syncDirectory(dirname(path));
  return true;
}

/** Removes directories that `makeDirectories` made, as far as nothing is in them. */
export function takeBackDirectories(made: readonly string[]): void {
  for (const directory of [...made].reverse()) {
    try {
      rmdirSync(directory);
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
    }
  }
}

/** Puts a file in place unless one is there: false where one was. It is there whole or not at all. */
export function createFile(directory: string, name: string, bytes: Uint8Array): boolean {
  const stage = makeTemporaryDirectory(directory);
  try {
    const staged = join(stage.inside, name);
    writeNewFile(staged, bytes);
    return linkOrRename(staged, join(directory, name));
  } finally {
    stage.removeNow();
  }
}

function linkOrRename(from: string, to: string): boolean {
  try {
    linkSync(from, to);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return false;
    // Not every file system has hardlinks.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
    renameSync(from, to);
  }
  return true;
}
