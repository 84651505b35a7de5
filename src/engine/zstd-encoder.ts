/** One implementation of the encoder of zstd 1.5.7: every one makes the same bytes, on every machine. */
export interface ZstdEncoder {
  readonly name: 'node' | 'wasm';
  /** One frame, which says its size. `level` is 1 to 19. */
  whole(bytes: Uint8Array, level: number): Uint8Array;
}

/** Makes a frame of a piece, and answers its length. `taken` is called when the piece is not needed any more. */
export type Pack = (piece: Uint8Array, frame: Uint8Array, taken: () => void) => number;

/**
 * Bytes that one frame of a stream stands for, all but the last. Where frames are cut is part of a stream's bytes, and what is cut can be compressed side by
 * side. Of 4 MiB it becomes as short as in one frame at the usual level: matches come from no farther.
 */
export const frameSize: number = 1 << 22;

/** How hard to compress, 1 to 19, and what ends it. */
export interface ZstdOptions {
  readonly level: number;
  readonly signal?: AbortSignal | undefined;
}

/** Room that a frame of so many bytes may take up, if nothing in it becomes shorter. */
export const frameRoom = (size: number): number => size + (size >> 8) + 512;
