import { invalid } from '../errors.ts';
import { Draft } from './draft.ts';
import {
  type DirectoryNode,
  impliedMeta,
  type LayerEntry,
  type Leaf,
  linkMode,
  type Meta,
  type Node,
  type Path,
  setGroup,
  type Tree,
} from './node.ts';
import { each, type Parts } from './parts.ts';
import { encodeText, joinPath, parentOf, shortTextOf } from './path.ts';
import { type Selected, sortedNames } from './select.ts';
import type { ModeChange } from './symbolic-mode.ts';
import { wholeSeconds } from './time.ts';
import { find, resolvePath } from './walk.ts';

type Leading = Selected['leading'];

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** How things are copied: what a Dockerfile's COPY says of them. */
export interface CopyOptions {
  /** Of everything that is copied or made; what it has itself without it. */
  readonly owner?: Owner | undefined;
  /** Of what is copied, where `owner` says none; what is made is no part of that. */
  readonly copiedOwner?: Owner | undefined;
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
  const { draft, made } = openDraft(tree, target, options);
  const copied =
    node.kind === 'directory'
      ? directoryEntries({ target, node, leading, there: find(tree, target), made }, options)
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
  const { draft, made } = openDraft(tree, path, options);
  draft.apply(directoryEntry(path, made));
  return draft.tree();
}

export const directoryEntry = (path: Path, meta: Meta): LayerEntry => ({
  kind: 'node',
  path,
  node: { kind: 'directory', meta, children: new Map() },
});

/** What a directory gets that is made in another: there, Linux hands a set-group-ID bit on, and the group unless an owner is said. */
function madeMeta({ owner, parentMode, now }: CopyOptions, above: Meta): Meta {
  const handed = above.mode & setGroup;
  const gid = handed === 0 ? impliedMeta.gid : above.gid;
  return { ...impliedMeta, gid, ...owner, mode: (parentMode ?? impliedMeta.mode) | handed, mtime: now };
}

/** What is to be done to a tree at a path: the directories above it are there, and `made` is what it gets where it is a directory that is made. */
interface Opened {
  readonly draft: Draft;
  readonly made: Meta;
}

/** Opens a draft for a path. The directory that receives the first of those that are missing above it, or the path itself, gets the time. Throws `invalid` where one of them is no directory. */
export function openDraft(tree: Tree, path: Path, options: CopyOptions): Opened {
  const draft = new Draft(tree, `/${shortTextOf(path)}`);
  draft.beginLayer();
  if (path === '') return { draft, made: madeMeta(options, tree.meta) };
  const missing: Path[] = [];
  let at = parentOf(path);
  for (; at !== '' && find(tree, at) === undefined; at = parentOf(at)) missing.unshift(at);
  const holder = find(tree, at);
  if (holder?.kind !== 'directory') throw invalid(`/${shortTextOf(at)}`, 'a directory', `a ${holder?.kind}`);
  // What is there already does not change its directory.
  if (missing.length > 0 || find(tree, path)?.kind !== 'directory')
    draft.apply(directoryEntry(at, { ...holder.meta, mtime: options.now }));
  let made = madeMeta(options, holder.meta);
  for (const each of missing) {
    draft.apply(directoryEntry(each, made));
    made = madeMeta(options, made);
  }
  return { draft, made };
}

function copiedMode({ kind, meta }: Node, mode: ModeChange | undefined): number {
  if (kind === 'symlink') return linkMode;
  return mode === undefined ? meta.mode : mode(meta.mode, kind === 'directory');
}

/** What something has that was copied. */
export function dressed(node: Node, options: Pick<CopyOptions, 'owner' | 'copiedOwner' | 'mode'>): Meta {
  const { owner, copiedOwner, mode } = options;
  return {
    ...node.meta,
    ...(owner ?? copiedOwner),
    mode: copiedMode(node, mode),
    mtime: wholeSeconds(node.meta.mtime),
  };
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

/** A directory, and what it is copied to. */
interface CopiedDirectory {
  readonly target: Path;
  readonly node: DirectoryNode;
  readonly leading: Leading;
  /** What is at the target. */
  readonly there: Node | undefined;
  /** What the target gets where nothing is there. */
  readonly made: Meta;
}

/** A directory's contents; two names of one file stay that. The destination keeps what it is, but for its time. */
function* directoryEntries(
  { target, node, leading, there, made }: CopiedDirectory,
  options: CopyOptions,
): Generator<LayerEntry> {
  yield directoryEntry(target, { ...(there?.meta ?? made), mtime: wholeSeconds(node.meta.mtime) });
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
