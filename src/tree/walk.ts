import { invalid, OciError } from '../errors.ts';
import { symlinkLimit, targetLimit } from '../limits.ts';
import type { ByteString, DirectoryNode, FileNode, Leaf, Node, Path, Tree } from './node.ts';
import { each, inOrder, type Parts, partCost, partLength } from './parts.ts';
import { joinPath, nameOf, parentOf, shortTextOf } from './path.ts';

interface Level {
  readonly path: Path;
  readonly children: ReadonlyMap<ByteString, Node>;
  readonly names: readonly ByteString[];
  next: number;
}

/** Visits what `walk` lists, in parts. */
export function* eachNode(tree: Tree, visit: (path: Path, node: Node) => void): Parts<void> {
  const levels: Level[] = [{ path: '', children: tree.children, names: yield* namesOf(tree), next: 0 }];
  let count = 0;
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const name = level.names[level.next++];
    const node = name === undefined ? undefined : level.children.get(name);
    if (name === undefined || node === undefined) {
      levels.pop();
      continue;
    }
    const path = joinPath(level.path, name);
    visit(path, node);
    if (node.kind === 'directory') levels.push({ path, children: node.children, names: yield* namesOf(node), next: 0 });
    if (++count % partLength === 0) yield partCost;
  }
}

const namesOf = ({ children }: DirectoryNode): Parts<readonly ByteString[]> => inOrder(children.keys());

/** Every path of a tree but the root, depth first: a directory before what is in it, names sorted by their bytes. */
export function* walk(tree: Tree): Generator<readonly [Path, Node]> {
  const met: (readonly [Path, Node])[] = [];
  for (const _ of eachNode(tree, (path, node) => met.push([path, node]))) yield* met.splice(0);
  yield* met;
}

/** Everything in a tree but its directories by path, in no particular order: cheaper than `walk`. */
export function* leavesOf(tree: Tree): Generator<readonly [Path, Leaf]> {
  const left: (readonly [Path, DirectoryNode])[] = [['', tree]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    for (const [name, node] of next[1].children) {
      if (node.kind === 'directory') left.push([joinPath(next[0], name), node]);
      else yield [joinPath(next[0], name), node];
    }
  }
}

/**
 * Visits everything in a tree but its directories, in no particular order, with its name and the path of the directory that it is in:
 * most who ask need no path, or few. In parts.
 */
export function* eachLeaf(tree: Tree, visit: (leaf: Leaf, name: ByteString, above: Path) => void): Parts<void> {
  const left: (readonly [Path, DirectoryNode])[] = [['', tree]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [above, { children }] = next;
    yield* each(children, ([name, node]) => {
      if (node.kind === 'directory') left.push([joinPath(above, name), node]);
      else visit(node, name, above);
    });
  }
}

/** Every regular file of a tree by path, in no particular order. */
export function* filesOf(tree: Tree): Generator<readonly [Path, FileNode]> {
  for (const [path, node] of leavesOf(tree)) if (node.kind === 'file') yield [path, node];
}

/** The node at `path`, no symbolic link followed. */
export function find(tree: Tree, path: Path): Node | undefined {
  if (path === '') return tree;
  let node: Node | undefined = tree;
  for (const name of path.split('/')) {
    if (node?.kind !== 'directory') return undefined;
    node = node.children.get(name);
  }
  return node;
}

/** The step into `name`: what is there, as far as one can go on from it. */
function childOf(node: Node | undefined, name: ByteString): Node | undefined {
  return node?.kind === 'directory' ? node.children.get(name) : undefined;
}

/**
 * Where `path` leads when every symbolic link in it, the last component's too, is followed inside the root: absolute
 * targets start at the root, `..` stops there. What is not there keeps its name.
 *
 * @throws `invalid` after more than `symlinkLimit` links or at a link longer than `targetLimit`.
 */
export function resolvePath(tree: Tree, path: ByteString, subject?: string): Path {
  const reached: { readonly name: ByteString; readonly node: Node | undefined }[] = [];
  const ahead = path.split('/').reverse();
  let links = 0;
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      reached.pop();
      continue;
    }
    const last = reached.at(-1);
    const node = childOf(last === undefined ? tree : last.node, name);
    if (node?.kind !== 'symlink') {
      reached.push({ name, node });
      continue;
    }
    if (++links > symlinkLimit || node.target.length > targetLimit) throw endlessLinks(path, subject);
    if (node.target.startsWith('/')) reached.length = 0;
    for (const step of node.target.split('/').reverse()) ahead.push(step);
  }
  return reached.map(step => step.name).join('/');
}

function endlessLinks(path: ByteString, subject: string | undefined): Error {
  const shown = shortTextOf(path);
  return invalid(
    subject ?? shown,
    `a path of at most ${symlinkLimit} symbolic links`,
    `a loop or a longer way at '${shown}'`,
  );
}

/** Where a path itself lies: symbolic links above it are followed as by `resolvePath`, its own last name is not. */
export const resolveAbove = (tree: Tree, path: Path, subject?: string): Path =>
  joinPath(resolvePath(tree, parentOf(path), subject), nameOf(path));

/** Where a path leads, as `resolvePath` has it; undefined where symbolic links go round in a circle. */
export function reachedIn(tree: Tree, path: ByteString): Path | undefined {
  try {
    return resolvePath(tree, path);
  } catch (error) {
    if (error instanceof OciError) return undefined;
    throw error;
  }
}

/** Every directory of a tree, what is in it first. */
export function* directoriesInsideFirst(tree: Tree): Generator<readonly [Path, DirectoryNode]> {
  const open: {
    readonly path: Path;
    readonly node: DirectoryNode;
    readonly left: Iterator<readonly [ByteString, Node]>;
  }[] = [];
  const enter = (path: Path, node: DirectoryNode): void =>
    void open.push({ path, node, left: node.children.entries() });
  enter('', tree);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const next = top.left.next();
    if (next.done === true) {
      open.pop();
      yield [top.path, top.node];
      continue;
    }
    const [name, node] = next.value;
    if (node.kind === 'directory') enter(joinPath(top.path, name), node);
  }
}
