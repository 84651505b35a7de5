import { invalid, notFound } from '../errors.ts';
import { Draft } from './draft.ts';
import { changedMode } from './mode.ts';
import { impliedMeta, type LayerEntry, type Leaf, type Meta, type Node, type Path, type Tree } from './node.ts';
import { each, type Parts } from './parts.ts';
import { joinPath, parentOf, shortTextOf } from './path.ts';
import type { ModeChange } from './symbolic-mode.ts';
import { find, resolveAbove, resolvePath } from './walk.ts';

/** What everything that is put gets: what it has itself where absent. */
export interface Attributes {
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  readonly mode?: ModeChange | undefined;
}

/** What is to be put into a tree: a node, a directory with all that is in it. */
export interface Brought {
  readonly node: Node;
  /** What it is called where it comes into a directory. */
  readonly name: string;
  /** Whether only what is in the directory is meant (`SRC/.`). */
  readonly isContents: boolean;
}

/**
 * Where something that is brought goes, by the rules of cp: into a directory that is there, or that `to` says it is by ending in
 * `/`, else under the name `to` itself. Symbolic links are followed inside the root. Throws `invalid` where a directory would
 * replace a file.
 */
export function targetPath(tree: Tree, to: string, { node, name, isContents }: Brought): Path {
  const path = resolvePath(tree, to);
  const there = find(tree, path);
  const isInto = (there?.kind === 'directory' || to.endsWith('/')) && !isContents;
  const target = there === undefined && node.kind === 'directory' ? path : isInto ? joinPath(path, name) : path;
  if (node.kind === 'directory' && there !== undefined && there.kind !== 'directory')
    throw invalid(`/${shortTextOf(path)}`, 'a directory to put a directory in', `a ${there.kind}`);
  return target;
}

const isDirectoryAt = (tree: Tree, path: Path): boolean => find(tree, path)?.kind === 'directory';

/** The directories on the way to a path that are not there yet. Throws `invalid` where something else is in the way. */
function missingParents(tree: Tree, path: Path): readonly Path[] {
  const missing: Path[] = [];
  for (let at = parentOf(path); at !== '' && !isDirectoryAt(tree, at); at = parentOf(at)) {
    const there = find(tree, at);
    if (there !== undefined) throw invalid(`/${shortTextOf(at)}`, 'a directory', `a ${there.kind}`);
    missing.unshift(at);
  }
  return missing;
}

function dressed(node: Node, { owner, mode }: Attributes): Node {
  const meta: Meta = { ...node.meta, ...owner, ...(mode === undefined ? {} : { mode: changedMode(node, mode) }) };
  return node.kind === 'directory' ? { ...node, meta, children: new Map() } : { ...node, meta };
}

/** Puts one name: answers the path that what is in a directory goes to. What is there as a directory, or leads to one, keeps its attributes. */
function* placed(tree: Tree, path: Path, node: Node): Generator<LayerEntry, Path> {
  const there = find(tree, path);
  if (node.kind !== 'directory') {
    if (there?.kind === 'directory') throw invalid(`/${shortTextOf(path)}`, 'no directory where a file is put', 'one');
    yield { kind: 'node', path, node };
    return path;
  }
  if (there === undefined) yield { kind: 'node', path, node };
  if (there === undefined || there.kind === 'directory') return path;
  const led = there.kind === 'symlink' ? resolvePath(tree, path) : path;
  if (!isDirectoryAt(tree, led))
    throw invalid(`/${shortTextOf(path)}`, 'a directory where a directory is put', `a ${there.kind}`);
  return led;
}

/** The entries that bring a node to a path, what is above it first; two names of one file stay that. */
function* entriesFor(
  tree: Tree,
  at: Path,
  { node, attributes }: { node: Node; attributes: Attributes },
): Generator<LayerEntry> {
  const parent = { ...impliedMeta, ...attributes.owner };
  for (const path of missingParents(tree, at))
    yield { kind: 'node', path, node: { kind: 'directory', meta: parent, children: new Map() } };
  const firstNames = new Map<Leaf, Path>();
  const left: { path: Path; node: Node }[] = [{ path: at, node }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const known = next.node.kind === 'directory' ? undefined : firstNames.get(next.node);
    if (known !== undefined) {
      if (find(tree, next.path)?.kind === 'directory') yield* placed(tree, next.path, next.node);
      yield { kind: 'hardlink', path: next.path, target: known };
      continue;
    }
    if (next.node.kind !== 'directory') firstNames.set(next.node, next.path);
    const reached = yield* placed(tree, next.path, dressed(next.node, attributes));
    if (next.node.kind !== 'directory') continue;
    for (const name of [...next.node.children.keys()].sort().reverse())
      left.push({ path: joinPath(reached, name), node: next.node.children.get(name) as Node });
  }
}

/**
 * A tree with a node at a path, and the directories above it (0755, of the owner that is asked for, where they are new). What is
 * brought replaces files; directories that are there, or that a symbolic link leads to, keep their attributes and take what is
 * in the directory. Throws `invalid` where a file would replace a directory, or a directory a file.
 */
export function* put(
  tree: Tree,
  at: Path,
  brought: { readonly node: Node; readonly attributes: Attributes },
): Parts<Tree> {
  const draft = new Draft(tree, `/${shortTextOf(at)}`);
  draft.beginLayer();
  yield* each(entriesFor(tree, at, brought), entry => void draft.apply(entry));
  return draft.tree();
}

/** A tree without what is at a path, a directory with all that is in it. Symbolic links above it are followed. Throws `not-found`, and `invalid` for the root. */
export function removed(tree: Tree, path: Path): Tree {
  if (path === '') throw invalid('/', 'a path to delete', 'the root');
  const at = resolveAbove(tree, path);
  if (find(tree, at) === undefined) throw notFound(`/${shortTextOf(path)}`, 'a path of the image');
  const draft = new Draft(tree, `/${shortTextOf(path)}`);
  draft.beginLayer();
  draft.apply({ kind: 'whiteout', path: at });
  return draft.tree();
}
