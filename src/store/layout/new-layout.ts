import { existsSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { ImageStore } from '../../graph/source.ts';
import { makeDirectories, standingAbove, syncDirectory } from '../disk/atomic.ts';
import { onDisk } from '../disk/system-error.ts';
import { makeTemporaryDirectory } from '../disk/temporary.ts';
import { fileOfBlob, hasBlob, openBlob, putBlob, readBlob } from './blobs.ts';
import { bringBlob } from './bring-blob.ts';
import { createLayout, stateOf } from './create-layout.ts';

/** `discard` takes back what was put there where no image comes of it. */
interface WritableLayout {
  readonly store: ImageStore;
  readonly discard: () => void;
}

function moveBlobs(from: string, to: string): void {
  onDisk(to, 'a layout that can be written to', () => {
    for (const algorithm of existsSync(join(from, 'blobs')) ? readdirSync(join(from, 'blobs')) : []) {
      const [source, target] = [join(from, 'blobs', algorithm), join(to, 'blobs', algorithm)];
      makeDirectories(target);
      for (const name of readdirSync(source)) renameSync(join(source, name), join(target, name));
      syncDirectory(target);
    }
  });
}

/** A layout that is made when its index is written: until then its blobs wait beside its place. */
async function stagedLayout(path: string): Promise<WritableLayout> {
  const empty = await createLayout(path, { dryRun: true });
  const stage = onDisk(path, 'a place for an image layout', () => makeTemporaryDirectory(standingAbove(path)));
  const store: ImageStore = {
    ...empty,
    has: async descriptor => hasBlob(stage.path, descriptor),
    open: descriptor => openBlob(stage.path, descriptor),
    read: (descriptor, limit) => readBlob(stage.path, descriptor, limit),
    fileOf: descriptor => fileOfBlob(stage.path, descriptor),
    put: bytes => putBlob(stage.path, bytes, path),
    bring: (source, descriptor) => bringBlob(stage.path, source, { descriptor, subject: path }),
    async updateIndex(change) {
      const made = await createLayout(path);
      moveBlobs(stage.path, path);
      stage.removeNow();
      return made.updateIndex(change);
    },
  };
  return { store, discard: stage.removeNow };
}

/**
 * Does work on a layout. One that is not there yet is made when its index is written, so that work that fails leaves nothing.
 * With `dryRun` nothing is ever written. Throws as `createLayout`.
 */
export async function withLayout<T>(
  path: string,
  options: { readonly dryRun: boolean },
  work: (store: ImageStore) => Promise<T>,
): Promise<T> {
  if (options.dryRun || stateOf(path) !== 'free') return work(await createLayout(path, options));
  const { store, discard } = await stagedLayout(path);
  try {
    return await work(store);
  } finally {
    discard();
  }
}

/** Does work on an empty layout that stands beside `path` and is gone when the work is done. */
export async function withScratchLayout<T>(path: string, work: (store: ImageStore) => Promise<T>): Promise<T> {
  const stage = onDisk(path, 'a place for a file', () => makeTemporaryDirectory(dirname(resolve(path))));
  try {
    return await work(await createLayout(join(stage.path, 'layout')));
  } finally {
    stage.removeNow();
  }
}
