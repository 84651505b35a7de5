import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode } from './system-error.ts';

/** How the names of ocikit's temporary directories begin. One that a killed process left behind may be deleted by hand. */
export const temporaryPrefix = '.ocikit-';

const standing = new Set<string>();

function removeAll(): void {
  for (const path of standing) rmSync(path, { recursive: true, force: true });
}

/** A directory that is removed by `remove`, or else when the process exits. */
export interface TemporaryDirectory {
  readonly path: string;
  readonly remove: () => void;
}

/** Makes a temporary directory inside `parent`, so that what is made in it can be renamed to its place. */
export function makeTemporaryDirectory(parent: string): TemporaryDirectory {
  const path = mkdtempSync(join(parent, temporaryPrefix));
  if (standing.size === 0) process.on('exit', removeAll);
  standing.add(path);
  const remove = (): void => {
    rmSync(path, { recursive: true, force: true });
    standing.delete(path);
    if (standing.size === 0) process.off('exit', removeAll);
  };
  return { path, remove };
}

/** Writes all of `bytes`: one call may write less where the disk is full. */
export function writeFully(file: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
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

/** Makes a directory and those above it. Node's own way forgets which error stopped it. */
export function makeDirectories(path: string): void {
  const missing: string[] = [];
  for (let at = path; !existsSync(at) && at !== missing.at(-1); at = dirname(at)) missing.push(at);
  for (const directory of missing.reverse()) {
    try {
      mkdirSync(directory);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  }
}

/** Puts a file in place unless one is there: false where one was. It is there whole or not at all. */
export function createFile(directory: string, name: string, bytes: Uint8Array): boolean {
  const stage = makeTemporaryDirectory(directory);
  try {
    const staged = join(stage.path, name);
    writeNewFile(staged, bytes);
    return linkOrRename(staged, join(directory, name));
  } finally {
    stage.remove();
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
