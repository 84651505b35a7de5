import { packageFileLimit } from '../limits.ts';
import type { FileNode, Node, Path, Tree } from '../tree/node.ts';
import type { PartialBody, Span } from '../tree/partial-body.ts';
import { find, reachedIn } from '../tree/walk.ts';
import { osReleasePlaces } from './os-release.ts';
import type { Glance, PackageReader } from './package.ts';
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

/** How a file tells by itself whether it says packages, where it is wanted for nothing else. */
function glanceAt(path: Path, node: FileNode): Glance | undefined {
  return isBesideAny(path, asItIs) ? undefined : placeAt(path, node, asItIs)?.reader.glance;
}

/** What says no packages in a layer's file that begins so. */
export const unneededOf = (path: Path, node: FileNode, beginning: Uint8Array): readonly Span[] =>
  glanceAt(path, node)?.unneeded(beginning, node.size) ?? [];

/** Whether the contents of such a file say packages, as far as they tell that themselves. */
export const saidBy = (path: Path, node: FileNode, body: PartialBody): ReturnType<Glance['says']> =>
  glanceAt(path, node)?.says(body) ?? 'something';

/** Whether the contents of a layer's file are likely to be wanted, before the tree is known that it comes into. */
export function isLikely(path: Path, node: FileNode): boolean {
  const place = placeAt(path, node, asItIs);
  if (place !== undefined && node.size <= place.reader.limit) return true;
  return node.size <= packageFileLimit && isBesideAny(path, asItIs);
}

/** Whether a file is needed beside those that say packages. */
export const isBesideAny = (path: Path, knownAs: KnownAs): boolean =>
  osReleasePlaces.includes(path) || packageReaders.some(({ isBeside }) => isBeside?.(knownAs(path)) === true);
