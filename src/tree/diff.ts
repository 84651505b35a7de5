import type { Change } from './change.ts';
import { type DiffOptions, isSameContent, reasonsOf } from './compare.ts';
import { addLinkChanges } from './links.ts';
import type { DirectoryNode, FileNode, Node, Path, Tree } from './node.ts';
import { atOnce, each, inOrder, type Parts } from './parts.ts';
import { joinPath, nameOf, parentOf } from './path.ts';

export type { DiffOptions } from './compare.ts';

/** One path that at least one of two trees has, with another node than the other's. */
export type Pair =
  | { readonly path: Path; readonly before: Node; readonly after: Node }
  | { readonly path: Path; readonly before: Node; readonly after?: undefined }
  | { readonly path: Path; readonly before?: undefined; readonly after: Node };

interface Level {
  readonly path: Path;
  readonly before: DirectoryNode | undefined;
  readonly after: DirectoryNode;
}

/** Visits all pairs, parents first; nothing under a path that is gone or no directory any more. What both trees share is passed over. */
export function* eachPair(before: Tree, after: Tree, visit: (pair: Pair) => void): Parts<void> {
  const left: Level[] = [{ path: '', before, after }];
  for (let level = left.pop(); level !== undefined; level = left.pop()) {
    const [above, was, is] = [level.path, level.before?.children, level.after.children];
    if (was === is) continue;
    yield* each(is, ([name, node]) => {
      const old = was?.get(name);
      if (old === node) return;
      const path = joinPath(above, name);
      visit(old === undefined ? { path, after: node } : { path, before: old, after: node });
      if (node.kind === 'directory')
        left.push({ path, before: old?.kind === 'directory' ? old : undefined, after: node });
    });
    yield* each(was ?? [], ([name, node]) => {
      if (!is.has(name)) visit({ path: joinPath(above, name), before: node });
    });
  }
}

function changeOf(pair: Pair, options: DiffOptions): Change | undefined {
  if (pair.before === undefined) return { kind: 'add', path: pair.path, after: pair.after, reasons: [] };
  if (pair.after === undefined) return { kind: 'delete', path: pair.path, before: pair.before, reasons: [] };
  const reasons = reasonsOf(pair.before, pair.after, options);
  const { path, before, after } = pair;
  return reasons.length === 0 ? undefined : { kind: 'modify', path, before, after, reasons };
}

interface Shared {
  readonly before: Node | undefined;
  readonly after: Node | undefined;
}

/** Adds the directories on the way to every change, without reasons. The root is never among them. */
function* addParents(before: Tree, after: Tree, changes: Map<Path, Change>): Parts<void> {
  const known = new Map<Path, Shared>([['', { before, after }]]);
  yield* each([...changes.keys()], path => {
    const missing: Path[] = [];
    let at = parentOf(path);
    for (; !known.has(at); at = parentOf(at)) missing.push(at);
    let shared = known.get(at);
    for (let next = missing.pop(); next !== undefined; next = missing.pop()) {
      shared = stepInto(shared, next);
      known.set(next, shared);
      if (!changes.has(next) && isShared(shared))
        changes.set(next, { ...shared, kind: 'modify', path: next, reasons: [] });
    }
  });
}

function isShared(nodes: Shared): nodes is { before: Node; after: Node } {
  return nodes.before !== undefined && nodes.after !== undefined;
}

function stepInto(shared: Shared | undefined, path: Path): Shared {
  const name = nameOf(path);
  const childOf = (node: Node | undefined): Node | undefined =>
    node?.kind === 'directory' ? node.children.get(name) : undefined;
  return { before: childOf(shared?.before), after: childOf(shared?.after) };
}

/**
 * What differs between two root filesystems, sorted by path bytes: as `docker diff` lists it (a directory above a change
 * is a `modify` without reasons, a deleted directory is one `delete`, the root is listed only where its own attributes differ), but by contents, all
 * extended attributes, link targets and hardlinks as well. Times count in whole seconds, and a directory's never.
 *
 * Throws a plain Error where two contents of one size can be told apart only by a digest that `options` lacks.
 */
export function diff(before: Tree, after: Tree, options: DiffOptions = {}): Change[] {
  return atOnce(diffInParts(before, after, options));
}

/** The same in parts. */
export function* diffInParts(before: Tree, after: Tree, options: DiffOptions): Parts<Change[]> {
  if (before === after) return [];
  const changes = new Map<Path, Change>();
  const root = changeOf({ path: '', before, after }, options);
  if (root !== undefined) changes.set('', root);
  yield* eachPair(before, after, pair => {
    const change = changeOf(pair, options);
    if (change !== undefined) changes.set(pair.path, change);
  });
  if (options.ignore?.has('links') !== true) yield* addLinkChanges({ before, after, anew: options.anew }, changes);
  yield* addParents(before, after, changes);
  return yield* byPath(changes);
}

/** Changes sorted by path bytes, in parts. */
export function* byPath(changes: ReadonlyMap<Path, Change>): Parts<Change[]> {
  const sorted: Change[] = [];
  yield* each(yield* inOrder(changes.keys()), path => void sorted.push(changes.get(path) as Change));
  return sorted;
}

/** Files of one path and one size whose contents are not known to be the same: what has to be read before `diff`. In parts. */
export function* contentCandidates(
  before: Tree,
  after: Tree,
): Parts<readonly { readonly before: FileNode; readonly after: FileNode }[]> {
  const candidates: { before: FileNode; after: FileNode }[] = [];
  yield* eachPair(before, after, pair => {
    if (pair.before?.kind !== 'file' || pair.after?.kind !== 'file') return;
    if (pair.before.size !== pair.after.size || isSameContent(pair.before, pair.after)) return;
    candidates.push({ before: pair.before, after: pair.after });
  });
  return candidates;
}
