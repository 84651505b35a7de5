import { type Dir, type Dirent, opendirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { fileCost, Pace } from '../../stream/pace.ts';
import { type HeldDirectory, holdIfDirectory } from './held-directory.ts';
import type { RemovalThread } from './removal-thread.ts';
import { systemCode } from './system-error.ts';

/** When so many names are gone and there are more, a thread is worth its start. */
const manyNames = 1000;

type Steps = Generator<Promise<void> | undefined, void>;

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
const child = (directory: HeldDirectory, name: Buffer): Buffer<ArrayBuffer> =>
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
  /** Where directories are that the thread has. */
  readonly #lent = new Map<HeldDirectory, Buffer<ArrayBuffer>>();
  #moved = 0;
  /** Takes away files in some of them, where there is one. What it leaves is removed here, so that nothing depends on it. */
  thread: RemovalThread | undefined;
  failure: unknown;

  constructor(top: HeldDirectory) {
    this.#top = top;
  }

  /** One step a file or directory; a promise where the thread has to be waited for. What cannot be removed does not keep the rest from going. */
  *steps(): Steps {
    this.#top.open();
    yield* this.#empty(this.#top);
    for (;;) {
      for (const directory of this.thread?.back() ?? [])
        yield* this.#removeHeld(directory, this.#lent.get(directory) as Buffer<ArrayBuffer>);
      const name = this.#waiting.pop();
      if (name !== undefined) yield* this.#remove(child(this.#top, name));
      else if (this.#lent.size === 0) return;
      else yield this.thread?.finish();
    }
  }

  /** Lets go of what the thread had. */
  async release(): Promise<void> {
    await this.thread?.close();
    for (const directory of this.#lent.keys()) directory.close();
  }

  *#remove(path: Buffer<ArrayBuffer>): Steps {
    const directory = holdIfDirectory(path);
    if (directory === undefined) {
      this.#try(() => this.#unlink(path));
      return;
    }
    this.#try(() => directory.open());
    if (this.thread?.takes(directory) === true) this.#lent.set(directory, path);
    else yield* this.#removeHeld(directory, path);
  }

  *#removeHeld(directory: HeldDirectory, path: Buffer<ArrayBuffer>): Steps {
    this.#lent.delete(directory);
    try {
      yield* this.#empty(directory);
    } finally {
      directory.close();
    }
    this.#try(() => worked(() => rmdirSync(path), 'ENOENT', 'ENOTDIR') || this.#unlink(path));
  }

  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.failure ??= error;
    }
  }

  *#empty(directory: HeldDirectory): Steps {
    try {
      for (const entry of entriesOf(directory)) {
        this.#try(() => this.#take(directory, entry));
        yield undefined;
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

  #isLent(name: Buffer): boolean {
    const path = child(this.#top, name);
    return [...this.#lent.values()].some(lent => lent.equals(path));
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
      // It would take the place of one that the thread has emptied.
      if (this.#isLent(name)) continue;
      if (!worked(() => renameSync(path, child(this.#top, name)), 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) continue;
      this.#waiting.push(name);
      return;
    }
  }
}

/** `help` is given the removal, for a thread. */
function* removing(path: string, help?: (removal: Removal) => void): Steps {
  const top = holdIfDirectory(path);
  if (top === undefined) {
    worked(() => unlinkSync(path), 'ENOENT');
    return;
  }
  const removal = new Removal(top);
  help?.(removal);
  try {
    yield* removal.steps();
  } finally {
    top.close();
  }
  if (removal.failure !== undefined) throw removal.failure;
  worked(() => rmdirSync(path), 'ENOENT');
}

/**
 * Removes a file, or a directory of any depth and size, while the event loop turns: from `most` names on with the help of a thread. No symlink is followed,
 * whatever another process puts in place of what is there. Throws the system's first error once everything else is gone.
 */
export async function removeTree(path: string, most: number = manyNames): Promise<void> {
  const pace = new Pace();
  let removal: Removal | undefined;
  let count = 0;
  const steps = removing(path, made => {
    removal = made;
  });
  try {
    for (const wait of steps) {
      if (wait !== undefined) await wait;
      if (count++ === most && removal !== undefined)
        removal.thread = (await import('./removal-thread.ts')).openRemovalThread();
      const turn = pace.spend(fileCost);
      if (turn !== undefined) await turn;
    }
  } finally {
    await removal?.release();
  }
}

/** The same at once, for when no event loop will turn any more. */
export function removeTreeNow(path: string): void {
  for (const _ of removing(path));
}
