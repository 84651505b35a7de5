/**
 * What turns the blocks of one zstd frame into its content. The reader (zstd.ts) cuts frames, sees to windows, sizes and
 * checksums, and gives whole blocks only: a decoder knows neither chunks nor streams.
 */
export interface FrameDecoder {
  /** The content of one or more whole blocks in a row, in pieces of at most 128 KiB. `last` says that the frame's last one is among them. Throws where they are damaged. */
  decode(blocks: Uint8Array, last: boolean): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Frees what the frame holds; it may be left in the middle. */
  close(): void;
}

/** One implementation. */
export interface ZstdDecoder {
  readonly name: string;
  /** How many blocks it likes at once. */
  readonly batch: number;
  /** A decoder of a frame with a window of so many bytes. */
  open(window: number): FrameDecoder;
}
