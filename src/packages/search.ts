import { packageFileLimit } from '../limits.ts';
import type { FileNode, Node, Path, Tree } from '../tree/node.ts';
import { find, reachedIn } from '../tree/walk.ts';
import { osReleasePlaces } from './os-release.ts';
import type { PackageReader } from './package.ts';
import { databaseDirectories, packageReaders } from './readers.ts';

/** A file that says packages, and who reads it. */
export interface PackagePlace {
  readonly reader: PackageReader;
  /** Where it lies. */
  readonly path: Path;
  /** What it is known as: its path but for a well-known directory that is a symbolic link. */
  readonly known: Path;
  readonly node: FileNode;
}

/** Paths as databases' directories are known by. */
type KnownAs = (path: Path) => Path;

/** How paths of a tree are known: what a link at a well-known directory leads to is known as that. */
export function knownIn(tree: Tree): KnownAs {
  const links = databaseDirectories.flatMap(known => {
    const real = reachedIn(tree, known);
    const isLink = real !== undefined && real !== known && find(tree, real)?.kind === 'directory';
    return isLink ? [[`${real}/`, `${known}/`] as const] : [];
  });
  return path => {
    const link = links.find(([real]) => path.startsWith(real));
    return link === undefined ? path : `${link[1]}${path.slice(link[0].length)}`;
  };
}

/** The file at a path that says packages; undefined where none does, or where it is none. */
export function placeAt(path: Path, node: Node, knownAs: KnownAs): PackagePlace | undefined {
  if (node.kind !== 'file') return undefined;
  const known = knownAs(path);
  // A path under its own name counts as well: two databases may lead to one directory.
  const reader = packageReaders.find(({ isPlace }) => isPlace(known, node) || isPlace(path, node));
  return reader === undefined ? undefined : { reader, path, known: reader.isPlace(path, node) ? path : known, node };
}

const asItIs: KnownAs = path => path;

/** Whether the contents of such a file say no packages, as far as they say that themselves. */
export function saysNothing(path: Path, node: FileNode, bytes: Uint8Array): boolean {
  return !isBesideAny(path, asItIs) && placeAt(path, node, asItIs)?.reader.saysNothing?.(bytes) === true;
}

/** Whether the contents of a layer's file are likely to be wanted, before the tree is known that it comes into. */
export function isLikely(path: Path, node: FileNode): boolean {
  const place = placeAt(path, node, asItIs);
  if (place !== undefined && node.size <= place.reader.limit) return true;
  return node.size <= packageFileLimit && isBesideAny(path, asItIs);
}

/** Whether a file is needed beside those that say packages. */
export const isBesideAny = (path: Path, knownAs: KnownAs): boolean =>
  osReleasePlaces.includes(path) || packageReaders.some(({ isBeside }) => isBeside?.(knownAs(path)) === true);
