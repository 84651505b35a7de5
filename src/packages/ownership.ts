import type { DirectoryNode, Leaf, Path, Tree } from '../tree/node.ts';
import { each, type Parts } from '../tree/parts.ts';
import { nameOf, parentOf } from '../tree/path.ts';
import { find, reachedIn } from '../tree/walk.ts';
import type { Package } from './package.ts';

/** Whose a tree's files are: each is the first package's that lists it. */
export interface Ownership {
  readonly ownerOf: (node: Leaf) => Package | undefined;
  /** Bytes of the files of each package, hardlinks once. */
  readonly sizes: ReadonlyMap<Package, number>;
}

/** Finds what lies at paths whose parents may be symbolic links, or that it is a directory; each directory is resolved once. */
export function finderIn(tree: Tree): (path: Path) => Leaf | 'directory' | undefined {
  const directories = new Map<Path, DirectoryNode | undefined>();
  const directoryAt = (path: Path): DirectoryNode | undefined => {
    if (!directories.has(path)) {
      const real = reachedIn(tree, path);
      const node = real === undefined ? undefined : find(tree, real);
      directories.set(path, node?.kind === 'directory' ? node : undefined);
    }
    return directories.get(path);
  };
  return path => {
    const node = path === '' || path === '/' ? tree : directoryAt(parentOf(path))?.children.get(nameOf(path));
    return node?.kind === 'directory' ? 'directory' : node;
  };
}

const byKind = (one: Package, other: Package): number => Number(isSystem(other)) - Number(isSystem(one));

/** Whether a package is the distribution's own, and not a language's. */
export const isSystem = ({ type }: Package): boolean => type === 'deb' || type === 'apk' || type === 'rpm';

/** Which package each file belongs to: the distribution's come first, then the others in their order. */
export function* ownershipOf(tree: Tree, packages: readonly Package[]): Parts<Ownership> {
  const owners = new Map<Leaf, Package>();
  const sizes = new Map<Package, number>();
  const at = finderIn(tree);
  for (const found of packages.toSorted(byKind)) {
    let size = 0;
    yield* each(found.files, path => {
      const node = at(path);
      if (node === undefined || node === 'directory' || owners.has(node)) return;
      owners.set(node, found);
      size += node.kind === 'file' ? node.size : 0;
    });
    sizes.set(found, size);
  }
  return { ownerOf: node => owners.get(node), sizes };
}
