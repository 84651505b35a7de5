import { accessSync, type BigIntStats, closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Bytes } from '../../engine/engine.ts';
import { changed, usage } from '../../errors.ts';
import { stoppable } from '../../stream/stoppable.ts';
import { fileChunks, isSparse } from './file-chunks.ts';
import { loadNative } from './native.ts';
import { onDisk, systemError } from './system-error.ts';

const chunkSize = 1024 * 1024;
const wanted = 'a file that can be read';

const statOf = (file: number, path: string): BigIntStats =>
  onDisk(path, wanted, () => fstatSync(file, { bigint: true }));

function* chunksOf(file: number, path: string): Iterable<Uint8Array> {
  const buffer = new Uint8Array(chunkSize);
  for (;;) {
    const count = onDisk(path, wanted, () => readSync(file, buffer, 0, chunkSize, null));
    if (count === 0) return;
    yield buffer.subarray(0, count);
  }
}

/** The chunks of a regular file, holes unread. It must stay as it is: one that grows as fast as it is read would never end. */
function* steadyChunks(file: number, path: string, before: BigIntStats): Iterable<Uint8Array> {
  const size = Number(before.size);
  let read = 0;
  try {
    const native = isSparse(file) ? loadNative() : undefined;
    const buffer = new Uint8Array(Math.min(chunkSize, size));
    for (const chunk of fileChunks(file, { offset: 0, size }, { buffer, native })) {
      read += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw systemError(error, path, wanted);
  }
  const after = statOf(file, path);
  if (read !== size || after.size !== before.size || after.mtimeNs !== before.mtimeNs) throw changed(path);
}

/** A named pipe, which may have no writer yet or one that stands still: to wait in a system call would leave no way out of it. */
async function* pipeChunks(path: string, signal: AbortSignal | undefined): Bytes {
  const fd = onDisk(path, wanted, () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  const socket = new Socket({ fd, readable: true, writable: false });
  try {
    yield* stoppable(socket, signal);
  } finally {
    socket.destroy();
  }
}

/** Throws for what is not there or cannot be read, before anybody needs it. */
export function checkReadable(path: string): void {
  onDisk(path, wanted, () => accessSync(path, constants.R_OK));
}

/** How many bytes a regular file has; undefined where that cannot be told before it is read. */
export function inputSize(path: string): number | undefined {
  const found = onDisk(path, wanted, () => statSync(path));
  return found.isFile() && found.size > 0 ? found.size : undefined;
}

/**
 * A file, pipe or device of the user's own from its beginning to its end, in chunks of up to 1 MiB; a chunk is valid until
 * the next is asked for. Throws `usage` for a directory, with a hint what to do with one, `not-found`, and `conflict` where a file changes while it is read.
 */
export async function* readInputFile(path: string, signal?: AbortSignal, toDirectory?: string): Bytes {
  if (onDisk(path, wanted, () => statSync(path)).isFIFO()) return yield* pipeChunks(path, signal);
  const file = onDisk(path, wanted, () => openSync(path, 'r'));
  try {
    const before = statOf(file, path);
    if (before.isDirectory()) throw usage(path, 'expected a file, got a directory', toDirectory);
    // /proc and its like call everything a file of no size.
    yield* before.isFile() && before.size > 0n ? steadyChunks(file, path, before) : chunksOf(file, path);
  } finally {
    closeSync(file);
  }
}
