import type { FileNode, Path } from '../tree/node.ts';

/** A file of a tree and where it lies there. */
export interface PlacedFile {
  readonly path: Path;
  readonly node: FileNode;
}
