import { existsSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { makeDirectories, makeTemporaryDirectory, syncDirectory } from './atomic.ts';
import { createLayout } from './create-layout.ts';
import type { ImageStore } from './place.ts';
import { onDisk, systemCode } from './system-error.ts';

/** Whether another process has put something there in the meantime. */
const isTaken = (error: unknown): boolean => ['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '');

/** True where the layout is now at `path`; false where something else is. */
function moveTo(path: string, made: string): boolean {
  try {
    renameSync(made, path);
    syncDirectory(dirname(path));
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}

/**
 * Does work on a layout. One that is not there yet appears only with all of the work done, so that what goes wrong leaves
 * nothing behind; where another process makes it meanwhile, the work is done again in that one. With `dryRun` nothing is
 * written. Throws `conflict` where something else is in the way.
 */
export async function withLayout<T>(
  path: string,
  options: { readonly dryRun: boolean },
  work: (store: ImageStore) => Promise<T>,
): Promise<T> {
  const isFree = !existsSync(path) || onDisk(path, 'a place for an image layout', () => readdirSync(path)).length === 0;
  if (options.dryRun || !isFree) return work(await createLayout(path, options));
  const place = resolve(path);
  const parent = dirname(place);
  const stage = onDisk(path, 'a place for an image layout', () => {
    makeDirectories(parent);
    return makeTemporaryDirectory(parent);
  });
  try {
    const made = join(stage.path, 'layout');
    const result = await work(await createLayout(made));
    if (onDisk(path, 'a place for an image layout', () => moveTo(place, made))) return result;
  } finally {
    stage.remove();
  }
  return work(await createLayout(path));
}

/** Does work on an empty layout that stands beside `path` and is gone when the work is done. */
export async function withScratchLayout<T>(path: string, work: (store: ImageStore) => Promise<T>): Promise<T> {
  const stage = onDisk(path, 'a place for a file', () => makeTemporaryDirectory(dirname(resolve(path))));
  try {
    return await work(await createLayout(join(stage.path, 'layout')));
  } finally {
    stage.remove();
  }
}
