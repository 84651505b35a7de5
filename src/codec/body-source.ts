import type { FileNode, Path } from '../tree/node.ts';

/** A rootfs whose file bodies can be read in any order: a directory. */
export interface BodySource {
  /** The body of the file at `path`, exactly `node.size` bytes in chunks of up to 1 MiB; a chunk is valid until the next. A `conflict` error where the file changed since it was listed. */
  body(path: Path, node: FileNode): Iterable<Uint8Array>;
}
