import { packageFileLimit } from '../limits.ts';
import type { FileNode, Node, Path, Tree } from '../tree/node.ts';
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
  const isOwn = ({ isPlace }: PackageReader): boolean => isPlace(path, node);
  const reader =
    known === path ? packageReaders.find(isOwn) : packageReaders.find(one => one.isPlace(known, node) || isOwn(one));
  return reader === undefined ? undefined : { reader, path, known: isOwn(reader) ? path : known, node };
}

const besideTests = new Set(packageReaders.flatMap(({ isBeside }) => isBeside ?? []));

/** Whether a file is needed beside those that say packages. */
export function isBesideAny(path: Path, knownAs: KnownAs): boolean {
  if (osReleasePlaces.includes(path)) return true;
  const known = knownAs(path);
  for (const isBeside of besideTests) if (isBeside(known)) return true;
  return false;
}

const asItIs: KnownAs = path => path;
const all: Partial<Glance> = {};

/**
 * How a layer's file tells by itself whether it says packages, before the tree is known that it comes into; where it is needed beside others, or cannot tell, it
 * is wanted whole. Undefined where nobody is likely to want it.
 */
export function glanceAt(path: Path, node: FileNode): Partial<Glance> | undefined {
  const isBeside = isBesideAny(path, asItIs);
  const reader = placeAt(path, node, asItIs)?.reader;
  if (reader !== undefined && node.size <= reader.limit) return isBeside ? all : (reader.glance ?? all);
  return isBeside && node.size <= packageFileLimit ? all : undefined;
}
