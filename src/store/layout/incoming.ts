import { lstatSync, lutimesSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Bytes } from '../../engine/engine.ts';
import { OciError } from '../../errors.ts';
import type { ImageSource, StoredBlob } from '../../graph/source.ts';
import type { Descriptor } from '../../spec/objects.ts';
import { syncDirectory, takeBackDirectories } from '../disk/atomic.ts';
import { onDisk, systemCode } from '../disk/system-error.ts';
import { makeTemporaryDirectory } from '../disk/temporary.ts';
import { openBlobRoom } from './blob-room.ts';
import { blobPath, writeNewBlob } from './blobs.ts';
import { bringBlob } from './bring-blob.ts';
import { type Beat, writableLayout } from './lock.ts';

/** Files that are moved in far less time than a lock's holder may be silent, be the disk a slow one (20 ms each). */
export const filesOfBeat: number = 64;

/** Takes back what was done. */
type Undo = () => void;

const sizeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size;

function putBack(moved: readonly (readonly [string, string])[]): void {
  for (const [from, to] of moved) {
    try {
      renameSync(to, from);
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
    }
  }
}

/** Seconds by which a blob that is relied on may be older than the work that relies on it. */
const age = 60;

/** Makes a blob as young as the work that has come to rely on it, so that collectors leave it, ours and others'. One that cannot be touched is looked for in the end. */
function touch(path: string, stage: string): void {
  try {
    const now = statSync(stage).mtimeMs / 1000;
    if (lstatSync(path).mtimeMs / 1000 < now - age) lutimesSync(path, now, now);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}

/**
 * Blobs on their way into a layout: they wait, whole and on the disk, in a directory beside their places. State: where they
 * wait, and which of the layout's own blobs the work has come to rely on.
 */
export class IncomingBlobs {
  readonly #layout: string;
  readonly #stage: string;
  readonly #relied = new Map<string, StoredBlob>();
  #count = 0;

  constructor(layout: string, stage: string) {
    this.#layout = layout;
    this.#stage = stage;
  }

  /** The directory that holds a blob as a layout would: the stage, or else the layout. */
  placeOf(descriptor: Descriptor): string {
    return this.#sizeIn(this.#stage, descriptor) === undefined ? this.#layout : this.#stage;
  }

  /** Takes a stream. Throws `conflict` where the disk takes no more. */
  async put(bytes: Bytes): Promise<StoredBlob> {
    return this.#take(async path => {
      const stored = await writeNewBlob(path, bytes, this.#layout);
      this.#settle(stored, path);
      return stored;
    });
  }

  /** Takes a blob of another place, unless it is here already. Throws as the source's `open`, and `conflict` where the disk takes no more. */
  async bring(source: ImageSource, descriptor: Descriptor): Promise<void> {
    if (this.#isHere(descriptor)) return;
    await this.#take(async path => {
      await bringBlob(source, descriptor, { to: path, subject: this.#layout });
      this.#settle(descriptor, path);
    });
  }

  /** Moves all to their places, under the layout's lock, and shows with `beat` that it is at work. What comes back takes them out again, before the lock is given back. */
  moveIn(beat: Beat = () => undefined): Undo {
    const moved: (readonly [string, string])[] = [];
    const made: string[] = [];
    const undo = (): void => {
      putBack(moved);
      takeBackDirectories(made);
    };
    try {
      this.#checkRelied();
      onDisk(this.#layout, writableLayout, () => {
        for (const algorithm of this.#algorithms()) {
          const room = openBlobRoom(this.#layout, algorithm);
          for (const path of room.made) made.push(path);
          try {
            for (const move of this.#movingTo(room.held.path, algorithm))
              if (moved.push(move) % filesOfBeat === 0) beat();
          } finally {
            room.held.close();
          }
          const changed = [...(room.made.length > 0 ? ['.', 'blobs'] : []), `blobs/${algorithm}`];
          for (const directory of changed) syncDirectory(join(this.#layout, directory));
        }
      });
      return undo;
    } catch (error) {
      undo();
      throw error;
    }
  }

  /** Moves the blobs of an algorithm, one after the other, into an open directory. */
  *#movingTo(target: string, algorithm: string): Generator<readonly [from: string, to: string]> {
    const source = join(this.#stage, 'blobs', algorithm);
    for (const name of readdirSync(source)) {
      const from = join(source, name);
      const to = `${target}/${name}`;
      // Another process may have brought it meanwhile, and others may rely on that one.
      if (sizeOf(to) === sizeOf(from)) continue;
      renameSync(from, to);
      yield [from, join(this.#layout, 'blobs', algorithm, name)];
    }
  }

  #algorithms(): readonly string[] {
    return sizeOf(join(this.#stage, 'blobs')) === undefined ? [] : readdirSync(join(this.#stage, 'blobs'));
  }

  /** A blob that another process brought and took back again must not be named by our index. */
  #checkRelied(): void {
    for (const [path, { digest, size }] of this.#relied) {
      if (sizeOf(path) === size) continue;
      const message = `expected the blob ${digest} that was there, got nothing: another process has taken it away`;
      throw new OciError('conflict', this.#layout, message, { hint: 'try again' });
    }
  }

  #sizeIn(directory: string, descriptor: StoredBlob): number | undefined {
    return onDisk(this.#layout, writableLayout, () => sizeOf(blobPath(directory, descriptor)));
  }

  #isHere(descriptor: StoredBlob): boolean {
    if (this.#sizeIn(this.#stage, descriptor) === descriptor.size) return true;
    if (this.#sizeIn(this.#layout, descriptor) !== descriptor.size) return false;
    const path = blobPath(this.#layout, descriptor);
    if (!this.#relied.has(path)) touch(path, this.#stage);
    this.#relied.set(path, descriptor);
    return true;
  }

  async #take<T>(work: (path: string) => Promise<T>): Promise<T> {
    const path = join(this.#stage, `incoming-${this.#count++}`);
    try {
      return await work(path);
    } finally {
      rmSync(path, { force: true });
    }
  }

  #settle(descriptor: StoredBlob, path: string): void {
    if (this.#isHere(descriptor)) return;
    onDisk(this.#layout, writableLayout, () => {
      const target = blobPath(this.#stage, descriptor);
      mkdirSync(dirname(target), { recursive: true });
      renameSync(path, target);
    });
  }
}

/** Brings blobs into a layout that no index names yet. */
export async function withIncoming<T>(layout: string, work: (blobs: IncomingBlobs) => Promise<T>): Promise<T> {
  const stage = onDisk(layout, writableLayout, () => makeTemporaryDirectory(layout));
  try {
    const blobs = new IncomingBlobs(layout, stage.inside);
    const result = await work(blobs);
    blobs.moveIn();
    return result;
  } finally {
    await stage.remove();
  }
}
