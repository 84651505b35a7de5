import { Draft } from './draft.ts';
import { leafEntry } from './leaf-entry.ts';
import {
  type ByteString,
  type DirectoryNode,
  emptyTree,
  type LayerEntry,
  type Meta,
  type Node,
  type Path,
  type Tree,
} from './node.ts';
import { eachInParts, inOrder, type Parts, partCost, partLength } from './parts.ts';
import { joinPath } from './path.ts';
import { eachNode } from './walk.ts';

/** One layer of a stack: its entries in order, and the root filesystem that it and all below it make. */
interface Stage {
  readonly entries: readonly LayerEntry[];
  readonly tree: Tree;
}

/** An image's layers as they act on one another, bottom first. What a layer leaves alone is the same object in its tree and in the one below. */
export type Stack = readonly Stage[];

/** Folds layers, bottom first, and keeps what each came to. Throws as `Draft.apply`. */
export function* foldStack(layers: readonly (readonly LayerEntry[])[], subject: string): Parts<Stack> {
  const draft = new Draft(emptyTree(), subject);
  const stages: Stage[] = [];
  for (const entries of layers) {
    draft.beginLayer();
    yield* eachInParts(entries, entry => draft.applying(entry));
    stages.push({ entries, tree: draft.tree() });
  }
  return stages;
}

/** A root filesystem that nobody made in layers, as the one layer that has it all. */
export function* stackOfTree(tree: Tree): Parts<Stack> {
  const entries: LayerEntry[] = [];
  const firstNames = new Map<Node, Path>();
  yield* eachNode(tree, (path, node) => {
    entries.push(node.kind === 'directory' ? { kind: 'node', path, node } : leafEntry(path, node, firstNames));
  });
  return [{ entries, tree }];
}

/** What all layers come to. */
export const topOf = (stack: Stack): Tree => stack.at(-1)?.tree ?? emptyTree();

type Children = ReadonlyMap<ByteString, Node>;

/** What a directory held from one layer on; the next of its versions says until when. */
interface Version {
  readonly layer: number;
  readonly meta: Meta;
  readonly children: Children;
}

/** A directory of the result and all that it was without a gap, oldest first. */
interface Level {
  readonly path: Path;
  readonly node: DirectoryNode;
  readonly versions: readonly Version[];
  readonly names: readonly ByteString[];
  next: number;
}

/** Whether a node of one layer is that of another, unchanged; a directory is what its attributes are, not what is in it. */
export const isUntouched = (was: Node | undefined, is: Node): boolean =>
  was === is || (was?.kind === 'directory' && is.kind === 'directory' && was.meta === is.meta);

/** The layer from which on a name has been what it is. */
function layerOf(versions: readonly Version[], name: ByteString, node: Node): number {
  let at = versions.length - 1;
  while (at > 0 && isUntouched(versions[at - 1]?.children.get(name), node)) at--;
  return versions[at]?.layer ?? 0;
}

function versionsIn(versions: readonly Version[], name: ByteString): readonly Version[] {
  const inner: Version[] = [];
  for (const { layer, children } of versions) {
    const node = children.get(name);
    if (node?.kind !== 'directory') inner.length = 0;
    else if (inner.at(-1)?.children !== node.children || inner.at(-1)?.meta !== node.meta)
      inner.push({ layer, meta: node.meta, children: node.children });
  }
  return inner;
}

/** A path of the root filesystem that a stack comes to, and the layer that made it what it is: its number, from 0 at the bottom. */
type VisitPlaced = (path: Path, node: Node, layer: number) => void;

function* levelOf(path: Path, node: DirectoryNode, versions: readonly Version[]): Parts<Level> {
  return { path, node, versions, names: yield* inOrder(node.children.keys()), next: 0 };
}

/** Visits every path of what a stack comes to but the root, as `eachNode` does, each with the layer that made it so. */
export function* eachPlaced(stack: Stack, visit: VisitPlaced): Parts<void> {
  const roots: Version[] = [];
  for (const [layer, { tree }] of stack.entries())
    if (roots.at(-1)?.children !== tree.children) roots.push({ layer, meta: tree.meta, children: tree.children });
  const levels = [yield* levelOf('', topOf(stack), roots)];
  let count = 0;
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const name = level.names[level.next++];
    const node = name === undefined ? undefined : level.node.children.get(name);
    if (name === undefined || node === undefined) {
      levels.pop();
      continue;
    }
    const path = joinPath(level.path, name);
    visit(path, node, layerOf(level.versions, name, node));
    if (node.kind === 'directory') levels.push(yield* levelOf(path, node, versionsIn(level.versions, name)));
    if (++count % partLength === 0) yield partCost;
  }
}
