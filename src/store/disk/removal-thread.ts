import type { Dir } from 'node:fs';
import { BatchThread, batchProgram, canBatch } from '../../engine/batch-thread.ts';
import { handles } from './handles.ts';
import type { HeldDirectory } from './held-directory.ts';
import { nativePath } from './native.ts';

/** So many directories go to the thread at once, and so many times that wait there. */
const [batchLength, mostOnTheWay] = [8, 2];

interface Emptying {
  readonly disk: typeof import('node:fs');
  readonly unlink: (directory: number, name: Uint8Array, flags: number) => number;
  readonly handles: string;
}

/** Removes what is no directory from an open one. What does not go stays for the other thread, which says why. Runs in the worker as text. */
function emptyDirectory({ disk, unlink, handles }: Emptying, directory: number, isStopped: () => boolean): void {
  const open = disk.opendirSync as unknown as (path: string, options: object) => Dir;
  const listing = open(`${handles}/${directory}`, { encoding: 'buffer', bufferSize: 256 });
  try {
    for (let entry = listing.readSync(); entry !== null && !isStopped(); entry = listing.readSync()) {
      const name = entry.name as unknown as Uint8Array;
      if (!entry.isDirectory()) unlink(directory, Buffer.concat([name, Buffer.alloc(1)]), 0);
    }
  } finally {
    listing.closeSync();
  }
}

/** The directories of a batch. */
function emptyAll(emptying: Emptying, bytes: Uint8Array, isStopped: () => boolean): void {
  for (const directory of new Int32Array(bytes.buffer, 0, bytes.length >> 2)) {
    try {
      emptyDirectory(emptying, directory, isStopped);
    } catch {}
  }
}

const program: string = batchProgram(
  [emptyDirectory, emptyAll],
  `
const library = require(data.native).load(null);
const unlink = library.func('int unlinkat(int directory, const char *path, int flags)');
const emptying = { disk: require('node:fs'), unlink, handles: data.handles };
const take = (bytes, isStopped) => ${emptyAll.name}(emptying, bytes, isStopped);`,
);

/** A thread that takes away files in directories that are held open meanwhile. State: those that it has. */
export class RemovalThread {
  readonly #thread: BatchThread;
  readonly #batches: HeldDirectory[][] = [];
  #next: HeldDirectory[] = [];
  #isBroken = false;

  /** Throws where no thread can be started. */
  constructor(native: string) {
    this.#thread = new BatchThread(program, { native, handles }, failure => failure);
  }

  /** Whether the thread takes a directory: it is not closed before `back` gives it. */
  takes(directory: HeldDirectory): boolean {
    if (this.#isBroken || this.#batches.length >= mostOnTheWay) return false;
    this.#next.push(directory);
    if (this.#next.length === batchLength) this.#post();
    return true;
  }

  /** Directories that the thread is ready with, or will never be. */
  *back(): Generator<HeldDirectory> {
    while (this.#isBroken ? this.#batches.length > 0 : this.#batches.length > this.#thread.onTheWay)
      yield* this.#batches.shift() ?? [];
  }

  /** Ready with all that it has, or broken. */
  async finish(): Promise<void> {
    if (this.#next.length > 0) this.#post();
    try {
      await this.#thread.fewer(0);
    } catch {
      this.#isBroken = true;
    }
  }

  /** Ends the thread, wherever it is. */
  close(): Promise<void> {
    return this.#thread.close();
  }

  #post(): void {
    this.#batches.push(this.#next);
    try {
      const room = this.#thread.room();
      new Int32Array(room.buffer).set(this.#next.map(({ file }) => file));
      this.#thread.post(room, this.#next.length * 4);
    } catch {
      this.#isBroken = true;
    }
    this.#next = [];
  }
}

/** A thread to help; undefined where none can be had. */
export function openRemovalThread(): RemovalThread | undefined {
  const native = canBatch ? nativePath() : undefined;
  if (native === undefined) return undefined;
  try {
    return new RemovalThread(native);
  } catch {
    return undefined;
  }
}
