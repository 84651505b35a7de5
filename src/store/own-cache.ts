import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { OciError } from '../errors.ts';
import { isOwn } from './disk/own-directory.ts';
import { systemCode } from './disk/system-error.ts';
import { makeTemporaryDirectory } from './disk/temporary.ts';

/** So many files of a kind are remembered, those that were written last. */
const mostKept = 64;
const form = /^[0-9a-f]{64}$/;

/** It is only a cache: what the disk refuses is done without. */
export async function forgiving<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OciError || systemCode(error) !== undefined) return undefined;
    throw error;
  }
}

/** Whether a file is the caller's, and nobody else may change it. */
export function isOwnFile(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && isOwn(found);
}

/** A file of the caller's own whole; undefined where there is none, or it is larger than `limit` bytes. */
export function readOwnFile(path: string, limit: number): Uint8Array | undefined {
  if (!isOwnFile(path)) return undefined;
  const descriptor = openSync(path, 'r');
  try {
    return fstatSync(descriptor).size > limit ? undefined : readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Puts a file that `write` makes into a directory of the caller's own, whole or not at all, and forgets the oldest of many. */
export async function keepOwnFile(
  cache: string,
  name: string,
  write: (staged: string) => Promise<void>,
): Promise<void> {
  const stage = makeTemporaryDirectory(cache);
  try {
    const staged = join(stage.path, name);
    await write(staged);
    renameSync(staged, join(cache, name));
  } finally {
    stage.removeNow();
  }
  forgetOldest(cache);
}

function forgetOldest(cache: string): void {
  const files = readdirSync(cache)
    .filter(name => form.test(name))
    .map(name => ({ path: join(cache, name), time: lstatSync(join(cache, name)).mtimeMs }));
  for (const { path } of files.sort((one, other) => other.time - one.time).slice(mostKept))
    rmSync(path, { force: true });
}
