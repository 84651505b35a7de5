import {
  chmodSync,
  closeSync,
  type Dir,
  type Dirent,
  existsSync,
  fstatSync,
  opendirSync,
  openSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { fileCost, Pace } from '../../stream/pace.ts';
import { directoryFlags } from './descent.ts';
import { handleOf } from './handles.ts';
import { loadedNative } from './native.ts';
import { systemCode } from './system-error.ts';

const ownerAll = 0o700;

/** A directory that is held open: what is done below `path` is done in it, wherever it has been moved and whatever has taken its name. */
export interface HeldDirectory {
  readonly path: string;
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
  let file: number | undefined = openSync(path, directoryFlags);
  const link = handleOf(file);
  const held = existsSync(link) ? link : path.toString();
  const { mode } = fstatSync(file);
  const isOpen = process.geteuid?.() === 0 || (mode & ownerAll) === ownerAll;
  return {
    path: held,
    open: () => (isOpen ? undefined : chmodSync(held, mode | ownerAll)),
    restore: () => (isOpen ? undefined : chmodSync(held, mode)),
    unlink: name => file !== undefined && loadedNative()?.unlinkAt(file, name) === true,
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
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

/** Whether an action worked; false where the system answered one of these codes. */
function worked(action: () => void, ...codes: readonly string[]): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (!codes.includes(systemCode(error) ?? '')) throw error;
    return false;
  }
}

/** Deno gives names as text whatever it is asked for. */
const child = (directory: HeldDirectory, name: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${directory.path}/`), Buffer.from(name)]);

function* entriesOf(directory: HeldDirectory): Generator<Dirent<Buffer>> {
  // Its types know no names as bytes.
  const open = opendirSync as unknown as (path: string, options: object) => Dir;
  const listing = open(directory.path, { encoding: 'buffer', bufferSize: 256 });
  try {
    for (let entry = listing.readSync(); entry !== null; entry = listing.readSync())
      yield entry as unknown as Dirent<Buffer>;
  } finally {
    listing.closeSync();
  }
}

/**
 * Removes a directory and all below it. Directories that hold something are moved up to the top one after the other, so that no
 * path is ever longer than two names, however deep the tree is. State: what waits at the top, and what could not be removed.
 */
class Removal {
  readonly #top: HeldDirectory;
  readonly #waiting: Buffer[] = [];
  #moved = 0;
  failure: unknown;

  constructor(top: HeldDirectory) {
    this.#top = top;
  }

  /** One step a file or directory. What cannot be removed does not keep the rest from going. */
  *steps(): Generator<void> {
    this.#top.open();
    yield* this.#empty(this.#top);
    for (let name = this.#waiting.pop(); name !== undefined; name = this.#waiting.pop()) {
      const path = child(this.#top, name);
      const directory = holdIfDirectory(path);
      if (directory === undefined) {
        this.#try(() => this.#unlink(path));
        continue;
      }
      try {
        this.#try(() => directory.open());
        yield* this.#empty(directory);
      } finally {
        directory.close();
      }
      this.#try(() => worked(() => rmdirSync(path), 'ENOENT', 'ENOTDIR') || this.#unlink(path));
    }
  }

  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.failure ??= error;
    }
  }

  *#empty(directory: HeldDirectory): Generator<void> {
    try {
      for (const entry of entriesOf(directory)) {
        this.#try(() => this.#take(directory, entry));
        yield;
      }
    } catch (error) {
      this.failure ??= error;
    }
  }

  #take(directory: HeldDirectory, entry: Dirent<Buffer>): void {
    if (!entry.isDirectory() && directory.unlink(entry.name)) return;
    const path = child(directory, entry.name);
    // Some file systems do not say in a listing what an entry is.
    if (!entry.isDirectory() && worked(() => this.#unlink(path), 'EISDIR')) return;
    if (directory === this.#top) this.#waiting.push(entry.name);
    else if (!worked(() => rmdirSync(path), 'ENOTEMPTY', 'EEXIST')) this.#raise(path);
  }

  #unlink(path: Buffer): void {
    worked(() => unlinkSync(path), 'ENOENT');
  }

  /** Moves a directory to the top. What may not be written to may not be moved, unless by root. */
  #raise(path: Buffer): void {
    const held = holdIfDirectory(path);
    if (held === undefined) {
      this.#unlink(path);
      return;
    }
    try {
      held.open();
    } finally {
      held.close();
    }
    for (;;) {
      const name = Buffer.from(`left-${this.#moved++}`);
      if (!worked(() => renameSync(path, child(this.#top, name)), 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) continue;
      this.#waiting.push(name);
      return;
    }
  }
}

function* removing(path: string): Generator<void> {
  const top = holdIfDirectory(path);
  if (top === undefined) {
    worked(() => unlinkSync(path), 'ENOENT');
    return;
  }
  const removal = new Removal(top);
  try {
    yield* removal.steps();
  } finally {
    top.close();
  }
  if (removal.failure !== undefined) throw removal.failure;
  worked(() => rmdirSync(path), 'ENOENT');
}

/**
 * Removes a file, or a directory of any depth and size, while the event loop turns. No symlink is followed, whatever another
 * process puts in place of what is there. Throws the system's first error once everything else is gone.
 */
export async function removeTree(path: string): Promise<void> {
  const pace = new Pace();
  for (const _ of removing(path)) {
    const turn = pace.spend(fileCost);
    if (turn !== undefined) await turn;
  }
}

/** The same at once, for when no event loop will turn any more. */
export function removeTreeNow(path: string): void {
  for (const _ of removing(path));
}
