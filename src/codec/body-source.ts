import type { FileNode, Path } from '../tree/node.ts';

/** Bodies from this size on (bytes) come in chunks: they may have holes. */
export const smallBody: number = 1 << 16;

/** A rootfs whose file bodies can be read in any order. */
export interface BodySource {
  /** The body of the file at `path`, exactly `node.size` bytes in chunks of up to 1 MiB; a chunk is valid until the next. A `conflict` error where the file changed since it was listed. */
  body(path: Path, node: FileNode): Iterable<Uint8Array>;
  /** Puts the body of a file of less than `smallBody` bytes into `room`, which is as large: much cheaper than chunks where there are many. False where only `body` reads it. The same errors. */
  fill?(path: Path, node: FileNode, room: Uint8Array): boolean;
  /** Has to be called first where bodies cannot be read in any order: puts those of these files beside `layout`. The answer removes them. */
  prepare?(files: Iterable<FileNode>, layout: string): Promise<() => void>;
}
