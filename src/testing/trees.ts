import fc from 'fast-check';
import { applyLayer } from '../tree/apply.ts';
import type { ByteString, LayerEntry, Meta, Node, Path, Tree } from '../tree/node.ts';
import { impliedMeta } from '../tree/node.ts';
import { joinPath, nameOf, parentOf } from '../tree/path.ts';
import { leavesOf, walk } from '../tree/walk.ts';
import { arbitraryDirectory, arbitraryLeaf, arbitraryMeta, arbitraryName } from './nodes.ts';

/** What can be done to a tree; numbers choose among the paths that are there. */
type Edit =
  | { readonly kind: 'put'; readonly directory: number; readonly name: ByteString; readonly node: Node }
  | { readonly kind: 'link'; readonly directory: number; readonly name: ByteString; readonly file: number }
  | { readonly kind: 'remove'; readonly path: number }
  | { readonly kind: 'move'; readonly path: number; readonly directory: number; readonly name: ByteString }
  | { readonly kind: 'change'; readonly path: number; readonly meta: Meta };

function editsOf(node: fc.Arbitrary<Node>): fc.Arbitrary<Edit> {
  const [nat, name] = [fc.nat(1000), arbitraryName];
  const put = fc.record({ kind: fc.constant('put' as const), directory: nat, name, node });
  return fc.oneof(
    { weight: 4, arbitrary: put },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('link' as const), directory: nat, name, file: nat }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), path: nat }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('move' as const), path: nat, directory: nat, name }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('change' as const), path: nat, meta: arbitraryMeta }) },
  );
}

const arbitraryEdit: fc.Arbitrary<Edit> = editsOf(fc.oneof(arbitraryLeaf, arbitraryDirectory));

interface Growing {
  readonly kind: 'directory';
  readonly meta: Meta;
  readonly children: Map<ByteString, Node>;
}

/** A tree of these paths and nodes (the children of directory nodes do not count); missing parents are made. */
export function treeOf(nodes: Iterable<readonly [Path, Node]>, meta: Meta = impliedMeta): Tree {
  const root: Growing = { kind: 'directory', meta, children: new Map() };
  const directories = new Map<Path, Growing>([['', root]]);
  const directoryOf = (path: Path): Growing => directories.get(path) ?? add(path, impliedMeta);
  const add = (path: Path, own: Meta): Growing => {
    const directory: Growing = { kind: 'directory', meta: own, children: new Map() };
    directories.set(path, directory);
    directoryOf(parentOf(path)).children.set(nameOf(path), directory);
    return directory;
  };
  for (const [path, node] of nodes) {
    if (node.kind === 'directory') add(path, node.meta);
    else directoryOf(parentOf(path)).children.set(nameOf(path), node);
  }
  return root;
}

type Nodes = readonly (readonly [Path, Node])[];

const isUnder = (path: Path, directory: Path): boolean => path === directory || path.startsWith(`${directory}/`);

function pick(nodes: Nodes, number: number, kinds?: Node['kind']): readonly [Path, Node] | undefined {
  const choice = kinds === undefined ? nodes : nodes.filter(([, node]) => node.kind === kinds);
  return choice[number % choice.length];
}

/** `name` in one of the directories, the root among them. */
function placeIn(nodes: Nodes, number: number, name: ByteString): Path {
  const directories = ['', ...nodes.filter(([, node]) => node.kind === 'directory').map(([path]) => path)];
  return joinPath(directories[number % directories.length] ?? '', name);
}

function replaced(nodes: Nodes, path: Path, fresh: Nodes): Nodes {
  return [...walk(treeOf([...nodes.filter(([at]) => !isUnder(at, path)), ...fresh]))];
}

function moved(nodes: Nodes, from: Path, to: Path): Nodes {
  if (isUnder(from, to) || isUnder(to, from)) return nodes;
  const fresh = nodes
    .filter(([at]) => isUnder(at, from))
    .map(([at, node]): readonly [Path, Node] => [to + at.slice(from.length), node]);
  return replaced(replaced(nodes, from, []), to, fresh);
}

function afterEdit(nodes: Nodes, edit: Edit): Nodes {
  if (edit.kind === 'put') {
    const at = placeIn(nodes, edit.directory, edit.name);
    return replaced(nodes, at, [[at, edit.node]]);
  }
  if (edit.kind === 'link') {
    const file = pick(
      nodes.filter(([, node]) => node.kind !== 'directory'),
      edit.file,
    )?.[1];
    const at = placeIn(nodes, edit.directory, edit.name);
    return file === undefined ? nodes : replaced(nodes, at, [[at, file]]);
  }
  const [path, old] = pick(nodes, edit.path) ?? [];
  if (path === undefined || old === undefined) return nodes;
  if (edit.kind === 'remove') return replaced(nodes, path, []);
  if (edit.kind === 'move') return moved(nodes, path, placeIn(nodes, edit.directory, edit.name));
  const fresh: Node = { ...old, meta: edit.meta };
  return nodes.map(([at, node]): readonly [Path, Node] => [at, node === old ? fresh : node]);
}

/** The same tree after some edits, in order; nodes that no edit touches are the same objects. */
export function edited(tree: Tree, edits: readonly Edit[]): Tree {
  return treeOf(edits.reduce<Nodes>(afterEdit, [...walk(tree)]), tree.meta);
}

export const arbitraryTree: fc.Arbitrary<Tree> = fc
  .array(arbitraryEdit, { maxLength: 25 })
  .map(edits => edited(treeOf([]), edits));

/** A tree and what became of it. */
export const arbitraryTreePair: fc.Arbitrary<readonly [Tree, Tree]> = fc
  .tuple(arbitraryTree, fc.array(arbitraryEdit, { maxLength: 8 }))
  .map(([tree, edits]) => [tree, edited(tree, edits)] as const);

const arbitraryPath: fc.Arbitrary<Path> = fc
  .array(arbitraryName, { minLength: 1, maxLength: 4 })
  .map(names => names.join('/'));

/** Entries as a hostile layer may have them, in any order. */
export const arbitraryEntries: fc.Arbitrary<readonly LayerEntry[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('node' as const), path: arbitraryPath, node: arbitraryLeaf }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('node' as const), path: arbitraryPath, node: arbitraryDirectory }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('hardlink' as const), path: arbitraryPath, target: arbitraryPath }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('whiteout' as const), path: arbitraryPath }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('opaque' as const), path: fc.oneof(arbitraryPath, fc.constant('')) }),
    },
  ),
  { maxLength: 25 },
);

/** Applies the entries that can be applied and drops the others. */
export function leniently(below: Tree, entries: readonly LayerEntry[]): readonly LayerEntry[] {
  const good: LayerEntry[] = [];
  for (const entry of entries) {
    try {
      applyLayer(below, [...good, entry]);
      good.push(entry);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'OciError') throw error;
    }
  }
  return good;
}

/** Whether a tree has what overlayfs has in the place of what a layer hides: it is taken for an upper directory, and not for a whole one. */
export const hasHidingDevice = (tree: Tree): boolean =>
  [...leavesOf(tree)].some(
    ([, node]) => node.kind === 'device' && node.type === 'char' && node.major === 0 && node.minor === 0,
  );
