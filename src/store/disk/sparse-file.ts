import { ftruncateSync, writeSync } from 'node:fs';
import type { Bytes } from '../../engine/engine.ts';
import { isHole, isZeros } from '../../engine/zeros.ts';
import { onDisk } from './system-error.ts';

/** What a file system gives room to at a time: a hole is no smaller. Bytes. */
const blockSize = 4096;
/** So many bytes are written at a time. For more Linux looks for memory in one piece, on whatever file system: that takes up to ten times as long as the writing. */
const writtenAtOnce = 1 << 16;

/** Where the blocks of a new file go. */
export interface Blocks {
  put(bytes: Uint8Array, position: number): void;
  /** Makes it so long (bytes). */
  extend(size: number): void;
}

/** Those of an open file. All of some bytes: one call may write less where the disk is full. */
export const blocksOf = (file: number): Blocks => ({
  put(bytes, position) {
    for (let written = 0; written < bytes.length; )
      written += writeSync(file, bytes, written, Math.min(writtenAtOnce, bytes.length - written), position + written);
  },
  extend: size => ftruncateSync(file, size),
});

/**
 * A new regular file that is written from its beginning to its end: blocks of zeros stay holes where the file system has
 * them. State: how far it has come, and how far the disk knows of it.
 */
export class SparseFile {
  readonly #blocks: Blocks;
  #size = 0;
  #known = 0;

  /** The file is open for writing and empty. */
  constructor(blocks: Blocks) {
    this.#blocks = blocks;
  }

  /** Throws the file system's error. */
  write(bytes: Uint8Array): void {
    const start = this.#size;
    this.#size += bytes.length;
    if (bytes.length < blockSize) this.#put(bytes, start);
    else if (!isHole(bytes)) this.#putBlocks(bytes, start);
  }

  /** The file is whole: a hole at its end becomes a part of it. Answers its size (bytes). */
  end(): number {
    if (this.#known < this.#size) this.#blocks.extend(this.#size);
    this.#known = this.#size;
    return this.#size;
  }

  /** Runs of blocks that are not zeros, cut where the file's own blocks are. */
  #putBlocks(bytes: Uint8Array, start: number): void {
    let from = 0;
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + blockSize - ((start + at) % blockSize));
      if (isZeros(bytes, at, end)) {
        this.#put(bytes.subarray(from, at), start + from);
        from = end;
      }
      at = end;
    }
    this.#put(bytes.subarray(from), start + from);
  }

  #put(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return;
    this.#blocks.put(bytes, position);
    this.#known = position + bytes.length;
  }
}

/** Writes a stream into a new regular file and answers its size (bytes). `subject` and `room` are what an error says. */
export async function writeSparse(
  file: number,
  bytes: Bytes,
  { subject, room }: { readonly subject: string; readonly room: string },
): Promise<number> {
  const sparse = new SparseFile(blocksOf(file));
  for await (const chunk of bytes) onDisk(subject, room, () => sparse.write(chunk));
  return onDisk(subject, room, () => sparse.end());
}
