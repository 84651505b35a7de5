import { closeSync, existsSync, fchmodSync, openSync, renameSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Bytes } from '../../engine/engine.ts';
import { notFound } from '../../errors.ts';
import { fsynced, syncDirectory, writeFully } from './atomic.ts';
import { ownHandle } from './own-handle.ts';
import { writeSparse } from './sparse-file.ts';
import { onDisk } from './system-error.ts';
import { clearLeftBehind, makeTemporaryDirectory } from './temporary.ts';

const room = 'room for a file';

/** docker's mode for the tars that it writes. */
export const archiveMode = 0o600;

const lookedAt = (path: string): Stats | undefined =>
  onDisk(path, 'a place for a file', () => statSync(path, { throwIfNoEntry: false }));

/** Whether nothing of what is written can be seen before it is whole: not so where a pipe or a device is there, or an open file of this process. */
export function isWrittenWhole(path: string): boolean {
  if (ownHandle(path) !== undefined) return false;
  const found = lookedAt(path);
  return found === undefined || found.isFile() || found.isDirectory();
}

/** Whether what is made on the way to a path may stand beside it: whoever makes a file there may, but where a pipe or a directory is already, the one above it may be another's. */
export const hasRoomBeside = (path: string): boolean => isWrittenWhole(path) && lookedAt(path)?.isFile() !== false;

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
 * long: a signal that comes meanwhile still ends it. Throws `conflict` where the disk takes no more.
 */
export async function writeFileAtomic(
  path: string,
  bytes: Bytes,
  { mode, signal }: { readonly mode: number; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  if (!isWrittenWhole(path)) return writeThrough(path, bytes);
  const place = resolve(path);
  if (!existsSync(dirname(place))) throw notFound(path, `the directory ${dirname(path)} to write it in`);
  await clearLeftBehind(dirname(place));
  const stage = onDisk(path, 'a place for a file', () => makeTemporaryDirectory(dirname(place)));
  try {
    const staged = join(stage.path, basename(place));
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
