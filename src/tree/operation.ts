import type { DirectoryNode, Node, Path } from './node.ts';

/** What one entry does to a disk, in this order. No path has a symbolic link before its last name, and every parent is there. */
export type Operation =
  /** A name, or a directory with all that is in it. */
  | { readonly kind: 'remove'; readonly path: Path }
  /** A node where nothing is; a directory starts empty. */
  | { readonly kind: 'create'; readonly path: Path; readonly node: Node }
  | { readonly kind: 'link'; readonly path: Path; readonly target: Path }
  /** New attributes for a directory that is there. */
  | { readonly kind: 'update'; readonly path: Path; readonly node: DirectoryNode };
