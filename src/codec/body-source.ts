import type { FileNode, Path } from '../tree/node.ts';

/** A rootfs whose file bodies can be read in any order. */
export interface BodySource {
  /** The body of the file at `path`, exactly `node.size` bytes in chunks of up to 1 MiB; a chunk is valid until the next. A `conflict` error where the file changed since it was listed. */
  body(path: Path, node: FileNode): Iterable<Uint8Array>;
  /** Has to be called first where bodies cannot be read in any order: puts those of these files beside `layout`. The answer removes them. */
  prepare?(files: Iterable<FileNode>, layout: string): Promise<() => void>;
}
