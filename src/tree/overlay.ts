import type { ByteString, DirectoryNode, Node, Path, Tree } from './node.ts';
import { atOnce, each, type Parts } from './parts.ts';
import { ancestorsOf, joinPath, parentOf } from './path.ts';
import { find, leavesOf } from './walk.ts';

/** A directory of the result: put into its parent at once, or only when something comes into it. */
interface Level {
  readonly path: Path;
  readonly name: ByteString;
  readonly parent: Level | undefined;
  readonly before: DirectoryNode | undefined;
  readonly after: DirectoryNode | undefined;
  readonly node: DirectoryNode;
  readonly children: Map<ByteString, Node>;
  placed: boolean;
}

const directoryOf = (node: Node | undefined): DirectoryNode | undefined =>
  node?.kind === 'directory' ? node : undefined;

function place(level: Level): void {
  for (let at: Level | undefined = level; at !== undefined && !at.placed; at = at.parent) {
    at.placed = true;
    at.parent?.children.set(at.name, at.node);
  }
}

function levelOf(
  parent: Level,
  name: ByteString,
  sides: Pick<Level, 'before' | 'after'> & { meta: DirectoryNode['meta'] },
): Level {
  const children = new Map<ByteString, Node>();
  const node: DirectoryNode = { kind: 'directory', meta: sides.meta, children };
  const { before, after } = sides;
  return { path: joinPath(parent.path, name), name, parent, before, after, node, children, placed: false };
}

/** Decides one name: a node is put into its level; a directory that has to be gone through is given back. */
function decide(level: Level, name: ByteString, excluded: (path: Path) => boolean): Level | undefined {
  const [before, after] = [level.before?.children.get(name), level.after?.children.get(name)];
  const chosen = before === after || !excluded(joinPath(level.path, name)) ? after : before;
  const [lower, upper] = [directoryOf(before), directoryOf(after)];
  const meta = (directoryOf(chosen) ?? lower ?? upper)?.meta;
  if (chosen !== undefined && (chosen.kind !== 'directory' || before === after)) {
    place(level);
    level.children.set(name, chosen);
    return undefined;
  }
  if (meta === undefined) return undefined;
  const inner = levelOf(level, name, { before: lower, after: upper, meta });
  if (chosen !== undefined) place(inner);
  return inner;
}

/**
 * `after`, but as in `before` wherever `excluded` says so: such a path is neither added, changed nor deleted. Directories
 * on the way to what stays are kept; where `after` has something else than a directory, that wins over what was excluded in it.
 */
export function overlay(before: Tree, after: Tree, excluded: (path: Path) => boolean): Tree {
  return atOnce(overlayInParts(before, after, excluded));
}

/** The same in parts. */
export function* overlayInParts(before: Tree, after: Tree, excluded: (path: Path) => boolean): Parts<Tree> {
  if (before === after) return after;
  const children = new Map<ByteString, Node>();
  const { meta } = excluded('') ? before : after;
  const node: Tree = { kind: 'directory', meta, children };
  const left: Level[] = [{ path: '', name: '', parent: undefined, before, after, node, children, placed: true }];
  for (let level = left.pop(); level !== undefined; level = left.pop()) {
    const above = level;
    const visit = (name: ByteString): void => {
      const inner = decide(above, name, excluded);
      if (inner !== undefined) left.push(inner);
    };
    yield* each(above.before?.children.keys() ?? [], visit);
    yield* each(above.after?.children.keys() ?? [], name => {
      if (above.before?.children.has(name) !== true) visit(name);
    });
  }
  return node;
}

/** Of what `before` has and `after` could not hold, the paths that are not there, in a directory that is. */
function* missingOf(before: Tree, after: Tree, kinds: ReadonlySet<Node['kind']>): Parts<readonly Path[]> {
  const missing: Path[] = [];
  yield* each(leavesOf(before), ([path, { kind }]) => {
    if (!kinds.has(kind) || find(after, path) !== undefined) return;
    if (find(after, parentOf(path))?.kind === 'directory') missing.push(path);
  });
  return missing;
}

/** `after` with what of these kinds `before` has and it could not hold: which those are, and all of it. In parts. */
export function* withUnmade(
  before: Tree,
  after: Tree,
  kinds: ReadonlySet<Node['kind']>,
): Parts<{ readonly tree: Tree; readonly paths: readonly Path[] }> {
  const paths = kinds.size === 0 ? [] : yield* missingOf(before, after, kinds);
  if (paths.length === 0) return { tree: after, paths };
  const missing = new Set(paths);
  return { tree: yield* overlayInParts(before, after, path => missing.has(path)), paths };
}

/**
 * `after` with its mounts, which were not walked, as they are in `before`: with all that is in them. Where `before` has nothing in
 * that place, `after`'s empty directory stays. In parts.
 */
export function* withoutMounts(before: Tree, after: Tree, mounts: ReadonlySet<Path> | undefined): Parts<Tree> {
  if (mounts === undefined || mounts.size === 0) return after;
  const isMounted = (path: Path): boolean =>
    mounts.has(path) || [...ancestorsOf(path)].some(above => mounts.has(above));
  return yield* overlayInParts(before, after, path => isMounted(path) && find(before, path) !== undefined);
}
