import { dirname, join, resolve } from 'node:path';
import { calledSo } from '../../errors.ts';
import type { ImageStore } from '../../graph/source.ts';
import type { Document, ImageIndex } from '../../spec/objects.ts';
import type { Work } from '../../stream/pace.ts';
import { makeDirectories, standingAbove, takeBackDirectories } from '../disk/atomic.ts';
import { onDisk } from '../disk/system-error.ts';
import { clearLeftBehind, makeTemporaryDirectory, type TemporaryDirectory } from '../disk/temporary.ts';
import { fileOfBlob, hasBlob, openBlob, readBlob } from './blobs.ts';
import { type Completing, createLayout, makeParts, stateOf } from './create-layout.ts';
import { IncomingBlobs } from './incoming.ts';
import { changeIndex, openLayout } from './layout.ts';
import { LostLock, type Replace, underLock, writableLayout } from './lock.ts';

/**
 * Puts blobs and the index that names them in place, and the layout itself where there is none, all under its lock: where
 * anything fails, all of it is taken back before another process can come to rely on it.
 */
async function commit(
  path: string,
  change: (index: ImageIndex) => ImageIndex,
  { blobs, work }: { readonly blobs: IncomingBlobs; readonly work: Completing & Work },
): Promise<Document<ImageIndex>> {
  const made = onDisk(path, 'a place for an image layout', () => makeDirectories(path));
  let isNew = false;
  try {
    const action = (replace: Replace): Document<ImageIndex> => {
      const undo: (() => void)[] = [];
      try {
        const state = stateOf(path, work);
        isNew = state === 'free';
        if (state !== 'layout') undo.push(makeParts(path));
        return changeIndex(path, change, { replace, arrive: beat => void undo.push(blobs.moveIn(beat)) });
      } catch (error) {
        // Whoever has the lock now may rely on what is there.
        if (!(error instanceof LostLock)) for (const takeBack of undo.reverse()) takeBack();
        throw error;
      }
    };
    const index = await underLock(path, action, work);
    if (isNew && work.progress !== undefined) work.progress.newLayouts = [...(work.progress.newLayouts ?? []), path];
    return index;
  } catch (error) {
    takeBackDirectories(made);
    throw error;
  }
}

/** A layout whose new blobs wait beside their places until its index is written. */
async function stagedLayout(path: string, stage: TemporaryDirectory, work: Completing & Work): Promise<ImageStore> {
  const isThere = stateOf(path, work) !== 'free';
  const below = await (isThere ? openLayout(path) : createLayout(path, { dryRun: true }));
  const blobs = new IncomingBlobs(path, stage.inside);
  return {
    ...below,
    has: async descriptor => hasBlob(blobs.placeOf(descriptor), descriptor),
    open: descriptor => openBlob(blobs.placeOf(descriptor), descriptor, path),
    read: (descriptor, limit) => readBlob(blobs.placeOf(descriptor), descriptor, { limit, called: path }),
    fileOf: descriptor => fileOfBlob(blobs.placeOf(descriptor), descriptor),
    put: bytes => blobs.put(bytes),
    bring: (source, descriptor) => blobs.bring(source, descriptor),
    updateIndex: change => commit(path, change, { blobs, work }),
  };
}

/**
 * Does work on a layout; one that is not there yet is made when its index is written. Work that fails leaves the layout as it
 * was, and work that ends without an index as well. With `dryRun` nothing is ever written. A signal
 * ends it until the index is written. Throws as `createLayout`.
 */
export async function withLayout<T>(
  path: string,
  options: { readonly dryRun?: boolean | undefined } & Completing & Work,
  work: (store: ImageStore) => Promise<T>,
): Promise<T> {
  if (options.dryRun === true) return work(await createLayout(path, options));
  const isThere = stateOf(path, options) !== 'free';
  const standing = standingAbove(path);
  for (const directory of new Set([standing, dirname(resolve(path))])) await clearLeftBehind(directory);
  const expected = isThere ? writableLayout : 'a place for an image layout';
  const stage = onDisk(path, expected, () => makeTemporaryDirectory(standing));
  try {
    return await work(await stagedLayout(path, stage, options));
  } finally {
    await stage.remove();
  }
}

/** Does work on an empty layout that stands beside `path` and is gone when the work is done. */
export async function withScratchLayout<T>(path: string, work: (store: ImageStore) => Promise<T>): Promise<T> {
  const parent = dirname(resolve(path));
  await clearLeftBehind(parent);
  const stage = onDisk(path, 'a place for a file', () => makeTemporaryDirectory(parent));
  const layout = join(stage.inside, 'layout');
  try {
    return await work(await createLayout(layout));
  } catch (error) {
    throw calledSo(error, layout, path);
  } finally {
    // The work is done or has failed for its own reason: a disk that falters here gets a second chance.
    await stage.remove().catch(() => stage.remove());
  }
}
