import { chmodSync, closeSync, fstatSync, openSync } from 'node:fs';
import { directoryFlags } from './descent.ts';
import { heldAs } from './handles.ts';
import { loadedNative } from './native.ts';
import { systemCode } from './system-error.ts';

const ownerAll = 0o700;

/** A directory that is held open: what is done below `path` is done in it, wherever it has been moved and whatever has taken its name. */
export interface HeldDirectory {
  readonly path: string;
  /** Its descriptor, until it is closed. */
  readonly file: number;
  /** Lets its owner list and change it. Root needs no leave. */
  open(): void;
  /** Gives it its mode back. */
  restore(): void;
  /** Removes a name that is no directory's in half the time that it takes through its path; false where it is not removed so. */
  unlink(name: Uint8Array): boolean;
  /** Once or more often. */
  close(): void;
}

/** Holds a directory, and no link in its place. Throws the system's error. */
export function holdDirectory(path: string | Buffer): HeldDirectory {
  const file = openSync(path, directoryFlags);
  let isHeld = true;
  const held = heldAs(file, path.toString());
  const { mode } = fstatSync(file);
  const isOpen = process.geteuid?.() === 0 || (mode & ownerAll) === ownerAll;
  return {
    path: held,
    file,
    open: () => (isOpen ? undefined : chmodSync(held, mode | ownerAll)),
    restore: () => (isOpen ? undefined : chmodSync(held, mode)),
    unlink: name => isHeld && loadedNative()?.unlinkAt(file, name) === true,
    close() {
      if (isHeld) closeSync(file);
      isHeld = false;
    },
  };
}

/** The same; undefined where the path leads to something else, a symlink above all, or to nothing. */
export function holdIfDirectory(path: string | Buffer): HeldDirectory | undefined {
  try {
    return holdDirectory(path);
  } catch (error) {
    if (['ENOTDIR', 'ELOOP', 'ENOENT'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}
