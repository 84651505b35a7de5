import { invalid } from '../errors.ts';
import { Draft } from './draft.ts';
import {
  type DirectoryNode,
  impliedMeta,
  type LayerEntry,
  type Leaf,
  type Meta,
  type Node,
  type Path,
  type Tree,
} from './node.ts';
import { each, type Parts } from './parts.ts';
import { encodeText, joinPath, parentOf, shortTextOf } from './path.ts';
import { type Selected, sortedNames } from './select.ts';
import type { ModeChange } from './symbolic-mode.ts';
import { wholeSeconds } from './time.ts';
import { find, resolvePath } from './walk.ts';

type Leading = Selected['leading'];

/** How things are copied: what a Dockerfile's COPY says of them. */
export interface CopyOptions {
  /** Of everything that is copied or made; what it has itself without it. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  readonly mode?: ModeChange | undefined;
  /** The mode of directories that are made on the way, where `mode` is one for all. */
  readonly parentMode?: number | undefined;
  /** What is left out, by its path in a directory that is copied, or by a file's name. */
  readonly isExcluded?: (path: Path) => boolean;
  /** Nanoseconds since 1970: the time of what is made, and of directories that change. */
  readonly now: bigint;
}

/**
 * A tree with something copied to a destination, in parts, by BuildKit's rules: a directory's contents go into the destination, which is
 * made where it is missing; anything else goes into a destination that is a directory or ends in `/`, else becomes it. Links in the
 * destination are followed inside the root. Directories that receive something get the time `now`; a destination that a directory was copied to, that
 * directory's. Times are whole seconds, as the layer will have them. Throws `invalid` where a directory would replace something else, or something else a directory.
 */
export function* copyInto(
  tree: Tree,
  { node, name, leading }: Selected,
  { to, ...options }: CopyOptions & { readonly to: string },
): Parts<Tree> {
  if (node.kind !== 'directory' && options.isExcluded?.(name) === true) return tree;
  const path = resolvePath(tree, encodeText(to));
  const there = find(tree, path);
  if (node.kind === 'directory' && there !== undefined && there.kind !== 'directory')
    throw invalid(`/${shortTextOf(path)}`, 'a directory to copy a directory to', `a ${there.kind}`);
  const isInto = node.kind !== 'directory' && (there?.kind === 'directory' || /\/\.?$/.test(to));
  const target = isInto ? joinPath(path, name) : path;
  const draft = new Draft(tree, `/${shortTextOf(target)}`);
  draft.beginLayer();
  for (const entry of withParents(tree, target, options)) draft.apply(entry);
  const copied =
    node.kind === 'directory'
      ? directoryEntries(tree, { target, node, leading }, options)
      : [leafEntry(target, node, { there: find(tree, target), options })];
  yield* each(copied, entry => void draft.apply(entry));
  return draft.tree();
}

/** A tree with a directory, and those above it that are missing. Throws `invalid` where something else is in the way. */
export function withDirectory(tree: Tree, to: string, options: CopyOptions): Tree {
  const path = resolvePath(tree, encodeText(to));
  const there = find(tree, path);
  if (there?.kind === 'directory') return tree;
  if (there !== undefined) throw invalid(`/${shortTextOf(path)}`, 'a directory', `a ${there.kind}`);
  const draft = new Draft(tree, `/${shortTextOf(path)}`);
  draft.beginLayer();
  for (const entry of withParents(tree, path, options)) draft.apply(entry);
  draft.apply(directoryEntry(path, madeMeta(options)));
  return draft.tree();
}

export const directoryEntry = (path: Path, meta: Meta): LayerEntry => ({
  kind: 'node',
  path,
  node: { kind: 'directory', meta, children: new Map() },
});

/** What a directory gets that is made on the way. */
export function madeMeta({ owner, parentMode, now }: CopyOptions): Meta {
  return { ...impliedMeta, ...owner, ...(parentMode === undefined ? {} : { mode: parentMode }), mtime: now };
}

/** The directories above a path that are missing, after the time of the one that receives the first of them, or the path itself. */
export function* withParents(tree: Tree, path: Path, options: CopyOptions): Generator<LayerEntry> {
  if (path === '') return;
  const missing: Path[] = [];
  let at = parentOf(path);
  for (; at !== '' && find(tree, at) === undefined; at = parentOf(at)) missing.unshift(at);
  const holder = find(tree, at);
  if (holder?.kind !== 'directory') throw invalid(`/${shortTextOf(at)}`, 'a directory', `a ${holder?.kind}`);
  // What is there already does not change its directory.
  if (missing.length > 0 || find(tree, path)?.kind !== 'directory')
    yield directoryEntry(at, { ...holder.meta, mtime: options.now });
  for (const each of missing) yield directoryEntry(each, madeMeta(options));
}

/** What something has that was copied. */
export function dressed(node: Node, { owner, mode }: Pick<CopyOptions, 'owner' | 'mode'>): Meta {
  const changed =
    mode === undefined || node.kind === 'symlink' ? node.meta.mode : mode(node.meta.mode, node.kind === 'directory');
  return { ...node.meta, ...owner, mode: changed, mtime: wholeSeconds(node.meta.mtime) };
}

/** What something is copied to, and how. */
interface Onto {
  readonly there: Node | undefined;
  readonly options: CopyOptions;
}

function leafEntry(path: Path, node: Leaf, { there, options }: Onto): LayerEntry {
  if (there?.kind === 'directory')
    throw invalid(`/${shortTextOf(path)}`, `no directory where a ${node.kind} is copied to`, 'one');
  return { kind: 'node', path, node: { ...node, meta: dressed(node, options) } };
}

/** A directory's contents; two names of one file stay that. The destination keeps what it is, but for its time. */
function* directoryEntries(
  tree: Tree,
  { target, node, leading }: { readonly target: Path; readonly node: DirectoryNode; readonly leading: Leading },
  options: CopyOptions,
): Generator<LayerEntry> {
  const there = find(tree, target);
  const meta = there === undefined ? madeMeta(options) : there.meta;
  yield directoryEntry(target, { ...meta, mtime: wholeSeconds(node.meta.mtime) });
  const firstNames = new Map<Leaf, Path>();
  const waiting = new Map<Path, LayerEntry>();
  const left = childrenOf(node, '', there);
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const isExcluded = options.isExcluded?.(next.path) === true;
    const path = joinPath(target, next.path);
    if (next.node.kind === 'directory') {
      if (isExcluded || leading?.has(next.node) === true)
        waiting.set(path, ledThrough(path, next.node, { there: next.there, options }));
      else yield* after(waiting, path, subdirectory(path, dressed(next.node, options), next.there));
      for (const one of childrenOf(next.node, next.path, next.there)) left.push(one);
      continue;
    }
    if (isExcluded) continue;
    const known = firstNames.get(next.node);
    if (known === undefined) firstNames.set(next.node, path);
    const entry: LayerEntry =
      known === undefined
        ? leafEntry(path, next.node, { there: next.there, options })
        : { kind: 'hardlink', path, target: known };
    yield* after(waiting, path, entry);
  }
}

/**
 * An entry, and before it those of the directories above it that are only there where something is in them. Of directories within one another, those
 * that wait are the nearest: one that is told takes those above it along.
 */
function* after(waiting: Map<Path, LayerEntry>, path: Path, entry: LayerEntry): Generator<LayerEntry> {
  const held: LayerEntry[] = [];
  for (
    let at = parentOf(path), above = waiting.get(at);
    above !== undefined;
    at = parentOf(at), above = waiting.get(at)
  ) {
    waiting.delete(at);
    held.push(above);
  }
  yield* held.reverse();
  yield entry;
}

/** A directory that is not taken itself, but something below it: where it is there already it gets the mode of the source and no more, as in BuildKit. */
function ledThrough(path: Path, node: DirectoryNode, { there, options }: Onto): LayerEntry {
  if (there?.kind !== 'directory') return subdirectory(path, dressed(node, options), there);
  return directoryEntry(path, { ...there.meta, mode: node.meta.mode, mtime: options.now });
}

function subdirectory(path: Path, meta: Meta, there: Node | undefined): LayerEntry {
  if (there !== undefined && there.kind !== 'directory')
    throw invalid(`/${shortTextOf(path)}`, 'a directory to copy a directory to', `a ${there.kind}`);
  return directoryEntry(path, meta);
}

interface Child {
  readonly path: Path;
  readonly node: Node;
  /** What has its name in the other directory. */
  readonly there: Node | undefined;
}

/** What is in a directory, beside what is in another; last name first, so that the first is taken from the end. */
export function childrenOf(directory: DirectoryNode, path: Path, other?: Node): Child[] {
  const there = other?.kind === 'directory' ? other.children : undefined;
  return [...sortedNames(directory)].reverse().map(name => ({
    path: joinPath(path, name),
    node: directory.children.get(name) as Node,
    there: there?.get(name),
  }));
}
