import type { Bytes } from './engine.ts';

/** Bytes that are compressed at once, and flushed. Where a frame's blocks are cut is part of its bytes. */
export const zstdBlock: number = 1 << 20;

/** One implementation of the encoder of zstd 1.5.7: every one makes the same bytes, on every machine. Levels are 1 to 19. */
export interface ZstdEncoder {
  readonly name: string;
  /** One frame in blocks of fixed size: the same input gives the same bytes however it is chunked. */
  stream(bytes: Bytes, level: number): Bytes;
  /** One frame of at most one block, which says its size. */
  whole?(bytes: Uint8Array, level: number): Uint8Array;
}
