import fc from 'fast-check';
import { applyLayer } from '../tree/apply.ts';
import type { ByteString, FileNode, LayerEntry, Meta, Node, Path, Tree } from '../tree/node.ts';
import { impliedMeta } from '../tree/node.ts';
import { joinPath, nameOf, parentOf } from '../tree/path.ts';
import { find, walk } from '../tree/walk.ts';

/** Names that have hurt somebody: members of Object.prototype, bytes that are no UTF-8, what sorts around `/`, the longest. */
const nastyNames: readonly ByteString[] = [
  'a',
  'b',
  'c',
  'a-b',
  'a.b',
  'a0',
  '__proto__',
  'constructor',
  '\xff\xfe',
  'caf\xc3\xa9',
  '\xed\xa0\x80',
  ' ',
  '\n',
  '\\',
  '*',
  '...',
  '.hidden',
  'n'.repeat(255),
];

export const arbitraryName: fc.Arbitrary<ByteString> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'd') },
  { weight: 1, arbitrary: fc.constantFrom(...nastyNames) },
);

const arbitraryXattrs: fc.Arbitrary<Meta['xattrs']> = fc
  .array(
    fc.tuple(
      fc.constantFrom('user.x', 'user.__proto__', 'security.capability', 'trusted.overlay.opaque', 'security.selinux'),
      fc.uint8Array({ maxLength: 3 }),
    ),
    { maxLength: 2 },
  )
  .map(pairs => new Map(pairs));

export const arbitraryMeta: fc.Arbitrary<Meta> = fc.record({
  mode: fc.constantFrom(0o755, 0o644, 0o4755, 0o2755, 0o1777, 0),
  uid: fc.constantFrom(0, 1000, 3_000_000_000),
  gid: fc.constantFrom(0, 1000),
  mtime: fc.constantFrom(0n, 1n, 1_700_000_000_000_000_000n, 1_700_000_000_999_999_999n, -1n, -1_000_000_000n),
  xattrs: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Meta['xattrs']>(new Map()) },
    { weight: 1, arbitrary: arbitraryXattrs },
  ),
});

/** Contents are numbered: two numbers share a size, and a number means the same bytes whatever its source. */
function fileOf(meta: Meta, source: string, member: number): FileNode {
  return { kind: 'file', meta, size: member >> 1, content: { source, member } };
}

const arbitraryFile: fc.Arbitrary<FileNode> = fc
  .tuple(arbitraryMeta, fc.constantFrom('one', 'two'), fc.nat(5))
  .map(([meta, source, member]) => fileOf(meta, source, member));

const arbitrarySpecial: fc.Arbitrary<Node> = fc.oneof(
  fc
    .tuple(arbitraryMeta, fc.constantFrom('a', '/b', '../c', 'a/b', '/', '..', 'loop', '\xff'))
    .map(([meta, target]): Node => ({ kind: 'symlink', meta, target })),
  fc
    .tuple(arbitraryMeta, fc.constantFrom<'char' | 'block'>('char', 'block'), fc.nat(2), fc.nat(2))
    .map(([meta, type, major, minor]): Node => ({ kind: 'device', meta, type, major, minor })),
  arbitraryMeta.map((meta): Node => ({ kind: 'fifo', meta })),
);

const arbitraryLeaf: fc.Arbitrary<Node> = fc.oneof(
  { weight: 3, arbitrary: arbitraryFile },
  { weight: 1, arbitrary: arbitrarySpecial },
);

/** What can be done to a tree; numbers choose among the paths that are there. */
type Edit =
  | { readonly kind: 'put'; readonly directory: number; readonly name: ByteString; readonly node: Node }
  | { readonly kind: 'link'; readonly directory: number; readonly name: ByteString; readonly file: number }
  | { readonly kind: 'remove'; readonly path: number }
  | { readonly kind: 'move'; readonly path: number; readonly directory: number; readonly name: ByteString }
  | { readonly kind: 'change'; readonly path: number; readonly meta: Meta };

const arbitraryDirectory: fc.Arbitrary<Node> = arbitraryMeta.map(
  (meta): Node => ({ kind: 'directory', meta, children: new Map() }),
);

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

/** The digests of the contents of `arbitraryFile`. */
export function digestsOf(...trees: readonly Tree[]): ReadonlyMap<FileNode, string> {
  const files = trees.flatMap(tree => [...walk(tree)]).flatMap(([, node]) => (node.kind === 'file' ? [node] : []));
  return new Map(files.map(file => [file, `content-${file.content.member}`]));
}

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

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function describe(node: Node): string {
  const { meta } = node;
  const xattrs = [...meta.xattrs]
    .filter(([name]) => !/^(trusted|user)\.overlay\.|^security\.selinux$|^system\.nfs4_acl$/.test(name))
    .map(([name, value]) => `${name}=${hexOf(value)}`)
    .sort();
  const seconds = Math.floor(Number(meta.mtime / 1_000_000n) / 1000);
  const floor = meta.mtime < 0n ? -Number((-meta.mtime + 999_999_999n) / 1_000_000_000n) : seconds;
  const owner = `${meta.uid}:${meta.gid} ${xattrs.join(',')}`;
  const mode = meta.mode.toString(8);
  if (node.kind === 'directory') return `directory ${mode} ${owner}`;
  if (node.kind === 'symlink') return `symlink ${node.target} ${owner} ${floor}`;
  if (node.kind === 'device') return `${node.type} ${node.major}:${node.minor} ${mode} ${owner} ${floor}`;
  if (node.kind === 'fifo') return `fifo ${mode} ${owner} ${floor}`;
  return `file ${node.size} ${node.size === 0 ? '' : node.content.member} ${mode} ${owner} ${floor}`;
}

/** Everything that counts about a tree, as plain data: a line a path, and which paths are one file. */
export function described(tree: Tree): {
  readonly nodes: ReadonlyMap<Path, string>;
  readonly links: readonly string[];
} {
  const nodes = new Map<Path, string>();
  const names = new Map<Node, Path[]>();
  for (const [path, node] of walk(tree)) {
    nodes.set(path, describe(node));
    if (node.kind !== 'directory') names.set(node, [...(names.get(node) ?? []), path]);
  }
  const links = [...names.values()].filter(paths => paths.length > 1).map(paths => paths.join(' = '));
  return { nodes, links: links.sort() };
}

/** The file at `path`, for tests that know it is there. */
export function fileAt(tree: Tree, path: Path): FileNode {
  const node = find(tree, path);
  if (node?.kind !== 'file') throw new Error(`no file at ${path}`);
  return node;
}
