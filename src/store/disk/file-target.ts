import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  openSync,
  renameSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Bytes } from '../../engine/engine.ts';
import { notFound, OciError } from '../../errors.ts';
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

/** How a file is written there. Throws `conflict` for what is a directory or a link to one, which would be replaced, or is called like one: `reports/` is no file `reports`. */
function kindOfFile(path: string): 'file' | 'open' {
  const kind = kindOfTarget(path);
  if (kind !== 'directory' && !path.endsWith('/')) return kind;
  const got = kind === 'directory' ? 'a directory' : "a directory's name";
  throw new OciError('conflict', path, `expected a place for a file, got ${got}`);
}

/** Holds a path to where a file can come to be, for who writes it only after long work. Throws `conflict` and `not-found` as writing it would. */
export function checkFilePlace(path: string): void {
  if (kindOfFile(path) === 'open') {
    const own = ownHandle(path);
    if (own !== undefined) onDisk(path, 'a file that can be written to', () => fstatSync(own));
    return;
  }
  const parent = dirname(resolve(path));
  if (!existsSync(parent)) throw noParent(path);
  onDisk(path, 'a place for a file', () => accessSync(parent, constants.W_OK | constants.X_OK));
}

const noParent = (path: string): OciError => notFound(path, `the directory ${dirname(path)} to write it in`);

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
 * long: a signal that comes meanwhile still ends it. Throws `conflict` for a directory, before any byte is asked for, and where the disk takes no more.
 */
export async function writeFileAtomic(
  path: string,
  bytes: Bytes,
  { mode, signal }: { readonly mode: number; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  if (kindOfFile(path) === 'open') return writeThrough(path, bytes);
  const place = resolve(path);
  if (!existsSync(dirname(place))) throw noParent(path);
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
