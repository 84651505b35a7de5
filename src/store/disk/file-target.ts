import { closeSync, existsSync, fchmodSync, openSync, renameSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Bytes } from '../../engine/engine.ts';
import { invalid, notFound } from '../../errors.ts';
import { fsynced, syncDirectory, writeFully } from './atomic.ts';
import { ownHandle } from './own-handle.ts';
import { writeSparse } from './sparse-file.ts';
import { onDisk } from './system-error.ts';
import { clearLeftBehind, makeTemporaryDirectory } from './temporary.ts';

const room = 'room for a file';

/** docker's mode for the tars that it writes. */
export const archiveMode = 0o600;

/** What a path is to be written to: a file that is there or comes to be, a directory that is there, or what is written to as it is: a pipe, a device, an open file of this process. */
export function kindOfTarget(path: string): 'file' | 'directory' | 'open' {
  if (ownHandle(path) !== undefined) return 'open';
  const found = onDisk(path, 'a place for a file', () => statSync(path, { throwIfNoEntry: false }));
  if (found === undefined || found.isFile()) return 'file';
  return found.isDirectory() ? 'directory' : 'open';
}

/** Whether nothing of what is written can be seen before it is whole. */
export const isWrittenWhole = (path: string): boolean => kindOfTarget(path) !== 'open';

/** What is open already, or is there and is no regular file (a pipe, /dev/null), is written to as it is. */
async function writeThrough(path: string, bytes: Bytes): Promise<void> {
  const own = ownHandle(path);
  const file = own ?? onDisk(path, 'a file that can be written to', () => openSync(path, 'w'));
  try {
    for await (const chunk of bytes) onDisk(path, room, () => writeFully(file, chunk));
  } finally {
    if (own === undefined) closeSync(file);
  }
}

/**
 * Writes a file beside its place and renames it: it is there whole or not at all. `mode` as in chmod. Waiting for the disk takes
 * long: a signal that comes meanwhile still ends it. Throws `invalid` for a directory, and `conflict` where the disk takes no more.
 */
export async function writeFileAtomic(
  path: string,
  bytes: Bytes,
  { mode, signal }: { readonly mode: number; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const kind = kindOfTarget(path);
  if (kind === 'open') return writeThrough(path, bytes);
  // A link to one would be replaced, as a link to a file is.
  if (kind === 'directory') throw invalid(path, 'a place for a file', 'a directory');
  const place = resolve(path);
  if (!existsSync(dirname(place))) throw notFound(path, `the directory ${dirname(path)} to write it in`);
  await clearLeftBehind(dirname(place));
  const stage = onDisk(path, 'a place for a file', () => makeTemporaryDirectory(dirname(place)));
  try {
    const staged = join(stage.inside, basename(place));
    const file = onDisk(path, room, () => openSync(staged, 'wx', mode));
    try {
      await writeSparse(file, bytes, { subject: path, room });
      onDisk(path, room, () => fchmodSync(file, mode));
      await fsynced(file, path, room);
      signal?.throwIfAborted();
    } finally {
      closeSync(file);
    }
    onDisk(path, 'a place for a file', () => renameSync(staged, place));
    syncDirectory(dirname(place));
  } finally {
    stage.removeNow();
  }
}
