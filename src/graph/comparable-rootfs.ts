import type { FileNode, Node, Path, Tree } from '../tree/node.ts';

/** A root filesystem to compare with another: its tree first, then the contents that only reading tells apart. */
export interface ComparableRootfs {
  readonly subject: string;
  /** What could not be carried (sockets, xattrs without native calls): one sentence each, known after `tree`. */
  readonly warnings: readonly string[];
  /** Mounts that were met and not walked, known after `tree`: each is as it is in what the root filesystem is compared with. */
  readonly mounts?: ReadonlySet<Path>;
  /** What it could not hold, and so says nothing about where it is not there; nothing when absent. Known after `tree`. */
  readonly unmade?: ReadonlySet<Node['kind']>;
  tree(): Promise<Tree>;
  /** What the contents of these files of this rootfs's tree are compared by (`createContentHash`). Each content is read once. */
  digests(files: ReadonlySet<FileNode>): Promise<ReadonlyMap<FileNode, string>>;
}
