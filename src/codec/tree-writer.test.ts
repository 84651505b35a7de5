import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../errors.ts';
import {
  arbitraryEntries,
  arbitraryTree,
  arbitraryTreePair,
  described,
  digestsOf,
  leniently,
} from '../testing/trees.ts';
import { diff } from '../tree/diff.ts';
import { Draft } from '../tree/draft.ts';
import { emptyTree, type FileNode, type LayerEntry, type Meta, type Path, type Tree } from '../tree/node.ts';
import { toLayer } from '../tree/to-layer.ts';
import { filesOf, walk } from '../tree/walk.ts';
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

const keyOf = ({ content }: FileNode): string => `${content.source} ${content.member}`;

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
        key = entry.kind === 'node' && entry.node.kind === 'file' ? keyOf(entry.node) : '';
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
      .map(([path, file]) => [path, bodies.get(keyOf(file))?.toString('latin1') ?? 'none'] as const)
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
  assert.deepEqual(await bytesOf(tar), await bytesOf(await exported(merged.tree, layers)));
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
