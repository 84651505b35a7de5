import { existsSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeTemporaryDirectory, syncDirectory } from './atomic.ts';
import { hasBlob, openBlob, putBlob, readBlob } from './blobs.ts';
import { createLayout, stateOf } from './create-layout.ts';
import type { ImageStore } from './place.ts';
import { onDisk } from './system-error.ts';

/** A layout to write an image into. `discard` takes back what was put there where no image comes of it. */
export interface WritableLayout {
  readonly store: ImageStore;
  readonly discard: () => void;
}

/** The directory that is there already and that a path lies in, or is. */
function standingAbove(path: string): string {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

function moveBlobs(from: string, to: string): void {
  const [source, target] = [join(from, 'blobs', 'sha256'), join(to, 'blobs', 'sha256')];
  onDisk(to, 'a layout that can be written to', () => {
    if (!existsSync(source)) return;
    for (const name of readdirSync(source)) renameSync(join(source, name), join(target, name));
    syncDirectory(target);
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
    put: bytes => putBlob(stage.path, bytes, path),
    async updateIndex(change) {
      const made = await createLayout(path);
      moveBlobs(stage.path, path);
      stage.remove();
      return made.updateIndex(change);
    },
  };
  return { store, discard: stage.remove };
}

/**
 * Opens a layout to write an image into. One that is not there yet is made when the image gets its place in the index, so
 * that work that fails leaves nothing. With `dryRun` nothing is ever written. Throws as `createLayout`.
 */
export async function openForWriting(
  path: string,
  options: { readonly dryRun?: boolean } = {},
): Promise<WritableLayout> {
  if (options.dryRun !== true && stateOf(path) === 'free') return stagedLayout(path);
  return { store: await createLayout(path, options), discard: () => undefined };
}
