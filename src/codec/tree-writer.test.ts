import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../errors.ts';
import { described, digestsOf } from '../testing/described-tree.ts';
import { sparseMember } from '../testing/sparse.ts';
import { arbitraryEntries, arbitraryTree, arbitraryTreePair, leniently } from '../testing/trees.ts';
import { applyLayer } from '../tree/apply.ts';
import { diff } from '../tree/diff.ts';
import { Draft } from '../tree/draft.ts';
import {
  contentKey,
  emptyTree,
  type FileNode,
  impliedMeta,
  type LayerEntry,
  type Meta,
  type Node,
  type Path,
  type Tree,
} from '../tree/node.ts';
import { parentOf } from '../tree/path.ts';
import { toLayer } from '../tree/to-layer.ts';
import { filesOf, find, walk } from '../tree/walk.ts';
import { entryHeader } from './entry-header.ts';
import { readLayer } from './layer-reader.ts';
import { writeLayer } from './layer-writer.ts';
import { type LayerTar, Superseded, writeOneLayer, writeTree } from './tree-writer.ts';

const meta: Meta = { mode: 0o644, uid: 0, gid: 0, mtime: 0n, xattrs: new Map() };

/** Layers as others may write them: any order, parents left out, names twice. */
const arbitraryLayer: fc.Arbitrary<LayerTar> = arbitraryEntries.map(entries =>
  layerTar(
    leniently(emptyTree(), entries).filter(({ kind }) => kind === 'node'),
    'layer',
  ),
);

/** The body that a content's number and size stand for. */
const bodyOf = (size: number, seed: string): Buffer => Buffer.alloc(size, seed);

function layerTar(entries: readonly LayerEntry[], identity: string): LayerTar {
  const chunks: Buffer[] = [];
  const bodies = { body: (path: Path, { size }: FileNode) => [bodyOf(size, `${identity} ${path}`)] };
  for (const chunk of writeLayer(entries, bodies)) chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  return tarOfBytes(bytes, identity);
}

function tarOfBytes(bytes: Buffer, identity: string): LayerTar {
  return {
    identity,
    subject: identity,
    async *open() {
      // One buffer for all chunks, as a file has.
      const buffer = Buffer.alloc(700);
      for (let at = 0; at < bytes.length; at += 700) yield buffer.subarray(0, bytes.copy(buffer, 0, at, at + 700));
    },
  };
}

interface Read {
  readonly tree: Tree;
  readonly bodies: ReadonlyMap<string, Buffer>;
  readonly order: readonly LayerEntry[];
}

async function readAll(layers: readonly LayerTar[]): Promise<Read> {
  const draft = new Draft(emptyTree(), 'test');
  const bodies = new Map<string, Buffer>();
  const order: LayerEntry[] = [];
  for (const layer of layers) {
    draft.beginLayer();
    let key = '';
    await readLayer(layer.open(), layer, {
      entry(entry) {
        order.push(entry);
        draft.apply(entry);
        key = entry.kind === 'node' && entry.node.kind === 'file' ? contentKey(entry.node) : '';
        if (key !== '') bodies.set(key, Buffer.alloc(0));
      },
      data: chunk => void bodies.set(key, Buffer.concat([bodies.get(key) ?? Buffer.alloc(0), chunk])),
      end: () => undefined,
    });
  }
  return { tree: draft.tree(), bodies, order };
}

async function exported(tree: Tree, layers: readonly LayerTar[]): Promise<LayerTar> {
  const chunks: Buffer[] = [];
  for await (const chunk of writeTree(tree, layers, 'test')) chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  return {
    identity: 'exported',
    subject: 'exported',
    async *open() {
      yield bytes;
    },
  };
}

function contents({ tree, bodies }: Read): ReadonlyMap<Path, string> {
  return new Map(
    [...filesOf(tree)]
      .map(([path, file]) => [path, bodies.get(contentKey(file))?.toString('latin1') ?? 'none'] as const)
      .sort(),
  );
}

function layersOf(trees: readonly Tree[]): readonly LayerTar[] {
  let before: Tree = emptyTree();
  return trees.map((after, position) => {
    const changes = diff(before, after, { digests: digestsOf(before, after) });
    before = after;
    return layerTar(toLayer(changes, after), `layer${position}`);
  });
}

/** Everything about a tree but where its contents stand. */
function shape(tree: Tree): unknown {
  const { nodes, links } = described(tree);
  return [[...nodes].map(([path, line]) => [path, line.replace(/^file (\d+) \d* /, 'file $1 ')]), links];
}

async function holds(layers: readonly LayerTar[]): Promise<void> {
  const merged = await readAll(layers);
  const tar = await exported(merged.tree, layers);
  const again = await readAll([tar]);
  assert.deepEqual(shape(again.tree), shape(merged.tree));
  assert.deepEqual(contents(again), contents(merged));
  const seen = new Set<Path>();
  for (const entry of again.order) {
    assert.ok(!seen.has(entry.path), `twice: ${entry.path}`);
    assert.ok(entry.kind === 'node' || (entry.kind === 'hardlink' && seen.has(entry.target)), entry.path);
    const parent = entry.path.slice(0, Math.max(0, entry.path.lastIndexOf('/')));
    assert.ok(parent === '' || seen.has(parent), `before its parent: ${entry.path}`);
    seen.add(entry.path);
  }
  assert.equal(seen.size, [...walk(merged.tree)].length);
  inheritNothing(again);
  assertTogether(again);
  assert.deepEqual(await bytesOf(tar), await bytesOf(await exported(merged.tree, layers)));
}

const isBelow = (path: Path, directory: Path): boolean => directory === '' || path.startsWith(`${directory}/`);

/** GNU tar gives a directory its mode when a member that is not in it comes: a directory made in it later has a setgid bit that nobody said. */
function inheritNothing({ tree, order }: Read): void {
  let open: Path[] = [];
  for (const { path } of order) {
    open = open.filter(directory => isBelow(path, directory));
    if (find(tree, path)?.kind !== 'directory') continue;
    const parent = find(tree, parentOf(path));
    const isSetgid = parentOf(path) !== '' && ((parent?.meta.mode ?? 0) & 0o2000) !== 0;
    assert.ok(!isSetgid || open.includes(parentOf(path)), `${path} comes when its parent has been left`);
    open.push(path);
  }
}

/** What is in a directory begins right after it, but where the directory had to be made early. */
function assertTogether({ tree, order }: Read): void {
  for (const [position, { path }] of order.entries()) {
    const node = find(tree, path);
    if (node?.kind !== 'directory' || path === '' || node.children.size === 0) continue;
    const parent = find(tree, parentOf(path));
    const isEarly = parentOf(path) !== '' && ((parent?.meta.mode ?? 0) & 0o2000) !== 0;
    assert.ok(isEarly || isBelow(order[position + 1]?.path ?? '', path), `nothing of ${path} comes after it`);
  }
}

async function bytesOf(tar: LayerTar): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar.open()) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

test('law: the tar of a merged tree is read back as that tree, names once, parents and link targets first', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryTreePair, arbitraryTree, ([a, b], c) => holds(layersOf([a, b, c]))),
    { numRuns: 150 },
  );
});

async function onceOf(layer: LayerTar): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of writeOneLayer(layer)) chunks.push(Buffer.from(chunk));
  } catch (error) {
    if (error instanceof Superseded || error instanceof OciError) return undefined;
    throw error;
  }
  return Buffer.concat(chunks);
}

test('law: one layer that takes nothing back is the same bytes read once as read twice', async () => {
  let written = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        arbitraryTree.map(tree => layersOf([tree])[0] as LayerTar),
        arbitraryLayer,
      ),
      async layer => {
        const once = await onceOf(layer);
        if (once === undefined) return;
        written++;
        const { tree } = await readAll([layer]);
        assert.ok(once.equals(await bytesOf(await exported(tree, [layer]))));
      },
    ),
    { numRuns: 300 },
  );
  assert.ok(written > 100, `${written}`);
});

test('a layer that takes something back is not written as it is read', async () => {
  const node = (path: Path): LayerEntry => ({ kind: 'node', path, node: { kind: 'symlink', meta, target: 'x' } });
  const directory = (path: Path, mode: number): LayerEntry => ({
    kind: 'node',
    path,
    node: { kind: 'directory', meta: { ...meta, mode }, children: new Map() },
  });
  const cases: readonly (readonly LayerEntry[])[] = [
    [node('a'), node('a')],
    [node('a/b'), directory('a', 0o700)],
    [directory('a', 0o755), node('a')],
    [directory('a', 0o755), directory('a', 0o700)],
    [directory('a', 0o755), node('b'), node('a/b')],
    [directory('a', 0o755), directory('a/b', 0o755), node('a/c'), directory('a/b/d', 0o755)],
  ];
  for (const entries of cases) assert.equal(await onceOf(layerTar(entries, 'layer')), undefined);
  assert.notEqual(
    await onceOf(layerTar([directory('a', 0o755), node('a/b'), directory('a', 0o755)], 'layer')),
    undefined,
  );
});

test('law: a layer that is there twice serves both times', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryTreePair, async ([a, b]) => {
      const [first, second] = layersOf([a, b]) as readonly [LayerTar, LayerTar];
      await holds([first, second, first]);
    }),
    { numRuns: 80 },
  );
});

test('a layer that lacks a file which the tree has from it is a conflict', async () => {
  const file: FileNode = {
    kind: 'file',
    meta,
    size: 3,
    content: { source: 'layer', member: 0 },
  };
  const tree: Tree = { ...emptyTree(), children: new Map([['x', file]]) };
  await assert.rejects(
    exported(tree, [layerTar([], 'layer')]),
    (error: unknown) =>
      error instanceof OciError && error.code === 'conflict' && /'x' in its layer/.test(error.message),
  );
});

/** A layer with these entries in their order, whatever an engine may say of it. A file's body is the number of its content, over and over. */
function rawLayer(entries: readonly LayerEntry[], identity: string): LayerTar {
  const blocks = entries.flatMap(entry => {
    const targets = entry.kind === 'hardlink' ? new Map([[entry.target, impliedMeta]]) : new Map<Path, Meta>();
    const header = entryHeader(entry, targets);
    if (entry.kind !== 'node' || entry.node.kind !== 'file') return [header];
    const { size, content } = entry.node;
    return [header, Buffer.alloc(size, content.member), Buffer.alloc((512 - (size % 512)) % 512)];
  });
  return tarOfBytes(Buffer.concat([...blocks, Buffer.alloc(1024)]), identity);
}

/** The members of what layers come to, in words. */
async function wordsOf(stack: readonly (readonly LayerEntry[])[]): Promise<string> {
  const layers = stack.map((entries, position) => rawLayer(entries, `layer${position}`));
  const { tree } = await readAll(layers);
  const { order, bodies } = await readAll([await exported(tree, layers)]);
  return order.map(entry => wordOf(entry, bodies)).join(' ');
}

const file = (path: Path, member: number): LayerEntry => ({
  kind: 'node',
  path,
  node: { kind: 'file', meta: impliedMeta, size: 700, content: { source: 'body', member } },
});
const folder = (path: Path, mode = 0o755): LayerEntry => ({
  kind: 'node',
  path,
  node: { kind: 'directory', meta: { ...impliedMeta, mode }, children: new Map() },
});
const symlink = (path: Path, target: string): LayerEntry => ({
  kind: 'node',
  path,
  node: { kind: 'symlink', meta: impliedMeta, target },
});
const link = (path: Path, target: Path): LayerEntry => ({ kind: 'hardlink', path, target });
const gone = (path: Path): LayerEntry => ({ kind: 'whiteout', path });
const opaque = (path: Path): LayerEntry => ({ kind: 'opaque', path });

/** A member as one word: `a=1` a body, `b⇒a` a hardlink, `d/` a directory, `l→x` a symbolic link. */
function wordOf(entry: LayerEntry, bodies: Read['bodies']): string {
  if (entry.kind === 'hardlink') return `${entry.path}⇒${entry.target}`;
  if (entry.kind !== 'node') return `${entry.kind} ${entry.path}`;
  const node: Node = entry.node;
  if (node.kind === 'file') return `${entry.path}=${bodies.get(contentKey(node))?.[0]}`;
  if (node.kind === 'symlink') return `${entry.path}→${node.target}`;
  return node.kind === 'directory'
    ? `${entry.path}/${node.meta.mode === 0o755 ? '' : node.meta.mode.toString(8)}`
    : node.kind;
}

test('directories come right before what is in them, those of a setgid directory before it is left', async () => {
  const sides: readonly (readonly [what: string, layers: readonly (readonly LayerEntry[])[], tar: string])[] = [
    ['directories first', [[folder('a'), folder('b'), file('a/f', 1), file('b/f', 2)]], 'a/ a/f=1 b/ b/f=2'],
    [
      'files before their directories',
      [[file('a/b/f', 1), file('a/c', 2), folder('a/b', 0o700), folder('a', 0o711)]],
      'a/711 a/b/700 a/b/f=1 a/c=2',
    ],
    [
      'an empty directory and a link stay where they are',
      [[folder('a'), folder('a/e'), symlink('a/l', 'x'), file('a/f', 1)]],
      'a/ a/e/ a/l→x a/f=1',
    ],
    [
      'an upper layer comes back',
      [[folder('a'), file('a/f', 1), folder('b'), file('b/f', 2)], [file('a/g', 3)]],
      'a/ a/f=1 b/ b/f=2 a/g=3',
    ],
    [
      'an upper layer brings directories to one with the setgid bit',
      [
        [folder('a', 0o2755), file('a/f', 1), folder('b'), file('b/f', 2)],
        [file('a/s/g', 3), folder('a/t', 0o2700), file('a/t/u/g', 4)],
      ],
      'a/2755 a/f=1 a/s/ a/t/2700 a/t/u/ b/ b/f=2 a/s/g=3 a/t/u/g=4',
    ],
  ];
  for (const [what, stack, expected] of sides) assert.equal(await wordsOf(stack), expected, what);
});

const cases: readonly (readonly [what: string, layers: readonly (readonly LayerEntry[])[], tar: string])[] = [
  ['one name of a hardlinked file is replaced', [[file('a', 1), link('b', 'a')], [file('a', 2)]], 'b=1 a=2'],
  ['an upper layer links to a file of a lower one', [[file('a', 1)], [link('b', 'a')]], 'a=1 b⇒a'],
  ['the first name is deleted, the link stays', [[file('a', 1), link('b', 'a')], [gone('a')]], 'b=1'],
  ['a link of an upper layer outlives its target', [[file('z', 1)], [link('n/b', 'z')], [gone('z')]], 'n/ n/b=1'],
  ['links of links of three layers', [[file('a', 1)], [link('c', 'a')], [link('b', 'c'), gone('a')]], 'b=1 c⇒b'],
  ['a whiteout and the same name in one layer', [[file('a', 1)], [gone('a'), file('a', 2)]], 'a=2'],
  ['the name before its whiteout', [[file('a', 1)], [file('a', 2), gone('a')]], 'a=2'],
  [
    'a whiteout of a directory that comes again',
    [
      [folder('d'), file('d/old', 1)],
      [gone('d'), folder('d', 0o700), file('d/new', 2)],
    ],
    'd/700 d/new=2',
  ],
  [
    'opaque after children',
    [
      [folder('d'), file('d/old', 1)],
      [folder('d'), file('d/new', 2), opaque('d')],
    ],
    'd/ d/new=2',
  ],
  ['symbolic links that lead up', [[symlink('a', '../b'), symlink('u/l', '../../b')]], 'a→../b u/ u/l→../../b'],
  [
    'a file through a symbolic link of a lower layer',
    [[folder('real'), symlink('lnk', 'real')], [file('lnk/y', 1)]],
    'real/ lnk→real real/y=1',
  ],
  [
    'a file over a directory',
    [
      [folder('d'), file('d/x', 1)],
      [file('d', 2), gone('d/x')],
    ],
    'd=2',
  ],
  ['one path twice in a layer', [[file('a', 1), file('a', 2)]], 'a=2'],
  ['attributes of a directory alone', [[folder('d'), file('d/x', 1)], [folder('d', 0o700)]], 'd/700 d/x=1'],
  ['a directory that is left of what was deleted in it', [[file('i/j/x', 1)], [gone('i/j/x')]], 'i/ i/j/'],
  ['a directory described after what is in it', [[file('d/x', 1), folder('d', 0o711)]], 'd/711 d/x=1'],
  ['a name that is first a link, then a file', [[file('a', 1), link('b', 'a')], [file('b', 2)]], 'a=1 b=2'],
  ['a name that comes back as a link', [[file('a', 1), file('b', 2)], [gone('b')], [link('b', 'a')]], 'a=1 b⇒a'],
  [
    'names that swap their files',
    [[file('a', 1), file('b', 2)], [link('t', 'a'), link('a', 'b'), link('b', 't')], [gone('t')]],
    'b=1 a=2',
  ],
  ['hardlinks of a symbolic link are hardlinks', [[symlink('a', 'x'), link('b', 'a')]], 'a→x b⇒a'],
  ['an upper layer links to a symbolic link of a lower one', [[symlink('z', 'x')], [link('b', 'z')]], 'z→x b⇒z'],
  ['the first name of a symbolic link is deleted', [[symlink('a', 'x'), link('b', 'a')], [gone('a')]], 'b→x'],
  ['no layer', [], ''],
];

for (const [what, stack, expected] of cases) {
  test(`merged: ${what}`, async () => {
    assert.equal((await wordsOf(stack)).split(' ').sort().join(' '), expected.split(' ').sort().join(' '));
  });
}

test('law: the tar of any layers, odd ones too, is the merged tree, names once, parents and link targets first', async () => {
  const stacks = fc.array(arbitraryEntries, { minLength: 1, maxLength: 4 }).map(layers => {
    let tree = emptyTree();
    return layers.map((entries, position) => {
      const good = leniently(tree, entries);
      tree = applyLayer(tree, good);
      return rawLayer(good, `layer${position}`);
    });
  });
  await fc.assert(fc.asyncProperty(stacks, holds), { numRuns: 200 });
});

test('holes of sparse files are passed on as they are read, never held', async () => {
  const hole = 6 * 1024 * 1024 * 1024;
  const layer = tarOfBytes(Buffer.concat([sparseMember('big', hole, 7), Buffer.alloc(1024)]), 'layer');
  let length = 0;
  let sum = 0;
  for await (const chunk of writeOneLayer(layer)) {
    length += chunk.length;
    if (length > hole && length < hole + (1 << 20)) sum += chunk.includes(7) ? 1 : 0;
  }
  assert.ok(length > hole && length < hole + 4096, `${length}`);
  assert.equal(sum, 1);
});

test('thousands of directories above a file come in order, and a path that no system takes is refused', async () => {
  const deep = `${'d/'.repeat(2000)}f`;
  assert.equal((await wordsOf([[file(deep, 1)], [gone(deep)]])).split(' ').length, 2000);
  assert.equal((await wordsOf([[file(deep, 1)]])).split(' ').length, 2001);
  const layer = rawLayer([file(`${'d/'.repeat(10_000)}f`, 1)], 'layer');
  const refused = { code: 'unsupported', message: /expected a path of at most 4095 bytes/ };
  const { tree } = await readAll([layer]);
  await assert.rejects(exported(tree, [layer]), refused);
  await assert.rejects(async () => {
    for await (const chunk of writeOneLayer(layer)) void chunk;
  }, refused);
});
