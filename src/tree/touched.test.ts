import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { described } from '../testing/described-tree.ts';
import { fixtureCases } from '../testing/fixtures.ts';
import { afterSteps, directory, type Step, textFile } from '../testing/scripts.ts';
import { arbitraryEntries, arbitraryTree, leniently, treeOf } from '../testing/trees.ts';
import { applyLayer } from './apply.ts';
import { diff } from './diff.ts';
import { emptyTree, type LayerEntry, type Path, type Tree } from './node.ts';
import { atOnce } from './parts.ts';
import { ancestorsOf } from './path.ts';
import { toLayer } from './to-layer.ts';
import { touched } from './touched.ts';
import { find, walk } from './walk.ts';
import { encodeWhiteout } from './whiteout.ts';

/** What several layers come to, as one. */
const squashed = (before: Tree, after: Tree): LayerEntry[] => toLayer(atOnce(touched(before, after)), after);

/** Random layers over a tree, as far as they can be applied, and the tree after each. */
function stacked(below: Tree, layers: readonly (readonly LayerEntry[])[]): readonly Tree[] {
  const trees = [below];
  for (const layer of layers) {
    const top = trees.at(-1) as Tree;
    trees.push(applyLayer(top, leniently(top, layer)));
  }
  return trees;
}

const arbitraryStack = fc.tuple(arbitraryTree, fc.array(arbitraryEntries, { maxLength: 4 }));
const lines = (entries: readonly LayerEntry[]): readonly string[] =>
  entries.map(entry => `${entry.kind} ${entry.path} ${entry.kind === 'hardlink' ? entry.target : ''}`);

test('one layer for several makes the same tree of what is below', () => {
  fc.assert(
    fc.property(arbitraryStack, ([below, layers]) => {
      const top = stacked(below, layers).at(-1) as Tree;
      assert.deepEqual(described(applyLayer(below, squashed(below, top))), described(top));
    }),
    { numRuns: 400 },
  );
});

test('what is above one layer for several makes the trees that it made above them', () => {
  fc.assert(
    fc.property(arbitraryStack, fc.nat(4), fc.nat(4), ([below, layers], one, other) => {
      const [from, to] = [Math.min(one, other), Math.max(one, other)].map(at => Math.min(at, layers.length));
      const trees = stacked(below, layers);
      const [base, top] = [trees[from as number] as Tree, trees[to as number] as Tree];
      let tree = applyLayer(base, squashed(base, top));
      for (const [at, layer] of layers.entries())
        if (at >= (to as number)) tree = applyLayer(tree, leniently(trees[at] as Tree, layer));
      assert.deepEqual(described(tree), described(trees.at(-1) as Tree));
    }),
    { numRuns: 400 },
  );
});

test('what has become one layer becomes the same layer again', () => {
  fc.assert(
    fc.property(arbitraryStack, ([below, layers]) => {
      const once = squashed(below, stacked(below, layers).at(-1) as Tree);
      assert.deepEqual(lines(squashed(below, applyLayer(below, once))), lines(once));
    }),
  );
});

test('whiteouts survive where something below is gone, and nowhere else', () => {
  fc.assert(
    fc.property(arbitraryStack, ([below, layers]) => {
      const top = stacked(below, layers).at(-1) as Tree;
      const hidden = squashed(below, top).filter(({ kind }) => kind === 'whiteout');
      for (const { path } of hidden) {
        assert.notEqual(find(below, path), undefined);
        assert.equal(find(top, path), undefined);
      }
      const gone = new Set(hidden.map(({ path }) => path));
      for (const [path] of walk(below)) {
        if (find(top, path) !== undefined) continue;
        const ways = [...ancestorsOf(path), path];
        const isReplaced = ways.some(way => find(top, way) !== undefined && find(top, way)?.kind !== 'directory');
        assert.ok(isReplaced || ways.some(way => gone.has(way)), path);
      }
    }),
  );
});

test('layers that undo each other come to no layer, and from nothing there is no whiteout', () => {
  fc.assert(
    fc.property(arbitraryEntries, entries => {
      const top = applyLayer(emptyTree(), leniently(emptyTree(), entries));
      assert.deepEqual(
        squashed(emptyTree(), top).filter(({ kind }) => kind === 'whiteout'),
        [],
      );
    }),
  );
  const base = treeOf([['kept', textFile('kept')]]);
  const [came, went] = stacked(base, [
    [{ kind: 'node', path: 'new', node: textFile('new') }],
    [{ kind: 'whiteout', path: 'new' }],
  ]).slice(1);
  assert.notDeepEqual(squashed(base, came as Tree), []);
  assert.deepEqual(squashed(base, went as Tree), []);
});

test('what a layer brought again as it was stays in it, and a directory that it only went through is there with its own attributes', () => {
  const base = treeOf([
    ['etc', directory(0o700)],
    ['etc/motd', textFile('hello')],
    ['etc/other', textFile('other')],
  ]);
  const [top] = stacked(base, [[{ kind: 'node', path: 'etc/motd', node: textFile('hello') }]]).slice(1);
  const entries = squashed(base, top as Tree);
  assert.deepEqual(lines(entries), ['node etc ', 'node etc/motd ']);
  assert.equal(entries[0]?.kind === 'node' && entries[0].node.meta.mode, 0o700);
});

test('a link to a file below brings the file along under all its names', () => {
  const base = treeOf([['a', textFile('a')]]);
  const [top] = stacked(base, [[{ kind: 'hardlink', path: 'b', target: 'a' }]]).slice(1);
  assert.deepEqual(lines(squashed(base, top as Tree)), ['node a ', 'hardlink b a']);
});

test('a file of several names of which one is written anew leaves the others below', () => {
  const file = textFile('old');
  const base = treeOf([
    ['a', file],
    ['b', file],
  ]);
  const [top] = stacked(base, [[{ kind: 'node', path: 'a', node: textFile('new') }]]).slice(1);
  assert.deepEqual(lines(squashed(base, top as Tree)), ['node a ']);
});

interface Squash {
  readonly name: string;
  readonly dockerfile: readonly string[];
  readonly squash_last_history_rows: number | 'all';
  readonly expect: readonly { readonly where: string; readonly path: string; readonly expect: string }[];
}

/** The paths that a word of a shell's names. */
function named(tree: Tree, word: string): readonly string[] {
  if (!word.includes('*')) return [word];
  const pattern = new RegExp(`^${word.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`);
  return [...walk(tree)].map(([at]) => `/${at}`).filter(at => pattern.test(at));
}

/** The steps of one simple command of those Dockerfiles. */
function stepsOf(tree: Tree, command: string): readonly Step[] {
  const [verb = '', ...words] = command.split(/\s+/);
  // What find gives to rm is all that is no directory.
  if (verb === 'find')
    return [...walk(tree)].flatMap(([at, node]): Step[] =>
      `/${at}`.startsWith('/etc/systemd/system/') && node.kind !== 'directory' ? [['removeall', at]] : [],
    );
  const paths = words.filter(word => !word.startsWith('-') && !/^\d+$/.test(word)).flatMap(word => named(tree, word));
  const below = (path: string): Path[] =>
    [...walk(tree)].map(([at]) => at).filter(at => `/${at}/`.startsWith(`/${path.replace(/^\//, '')}/`));
  if (verb === 'touch') return paths.map(path => ['write', path, '', 0o644]);
  if (verb === 'echo') return [['write', paths.at(-1) as string, 'foo\n', 0o644]];
  if (verb === 'mkdir') return paths.map(path => ['mkdir', path, 0o755]);
  if (verb === 'rm') return paths.map(path => ['removeall', path]);
  if (verb === 'mv') return [['rename', ...paths] as Step];
  if (verb === 'ln') return [[command.includes('-s') ? 'symlink' : 'link', ...paths] as Step];
  if (verb === 'chmod') return below(paths[0] as string).map(path => ['chmod', path, 0o777]);
  return [];
}

/** What those commands do that copy a directory, remove it and leave a link where it was. */
function copyThenLink(tree: Tree, directory: string): readonly Step[] {
  const copy = `/data-template${directory}`;
  const inside = [...walk(tree)].flatMap(([at, node]): Step[] => {
    if (!`/${at}`.startsWith(`${directory}/`)) return [];
    const to = `/data-template/${at}`;
    if (node.kind === 'directory') return [['mkdir', to, 0o755]];
    return [node.kind === 'symlink' ? ['symlink', node.target, to] : ['write', to, '', 0o644]];
  });
  return [['mkdir', copy, 0o755], ...inside, ['removeall', directory], ['symlink', `/data${directory}`, directory]];
}

/** The trees of a Dockerfile without its commands' programs, and which of its lines made layers. */
function treesOf({ dockerfile }: Squash): { readonly trees: readonly Tree[]; readonly made: readonly boolean[] } {
  const trees = [treeOf([['bin/sh', textFile('a shell')]])];
  const made = [true];
  for (const line of dockerfile.slice(1)) {
    const isRun = line.startsWith('RUN ');
    made.push(isRun);
    if (!isRun) continue;
    const before = trees.at(-1) as Tree;
    const copied = /volume-data-list \|/.test(line) ? '/etc/systemd/system' : '/tmp/dir';
    const after = line.includes('data-template')
      ? afterSteps(before, copyThenLink(before, copied))
      : line
          .slice(4)
          .split(/\s*&&\s*/)
          .reduce((tree, command) => afterSteps(tree, stepsOf(tree, command)), before);
    // As an image has them: each layer applied to what is below.
    trees.push(applyLayer(before, toLayer(diff(before, after, { trustMtime: true }), after)));
  }
  return { trees, made };
}

test("what survives in docker-squash's cases survives here", t => {
  const cases = fixtureCases<Squash>(t, 'change/squash/docker-squash.json') ?? [];
  for (const one of cases) {
    const { trees, made } = treesOf(one);
    const rows = one.squash_last_history_rows;
    const below = rows === 'all' ? [] : made.slice(0, made.length - rows).filter(Boolean);
    const base = below.length === 0 ? emptyTree() : (trees[below.length - 1] as Tree);
    const top = trees.at(-1) as Tree;
    const entries = squashed(base, top);
    const names = new Map(
      entries.map(entry => [entry.kind === 'whiteout' ? encodeWhiteout(entry) : entry.path, entry.kind]),
    );
    const merged = applyLayer(base, entries);
    for (const { where, path, expect } of one.expect) {
      if (where === 'original') continue;
      const label = `${one.name}: ${where} ${path} ${expect}`;
      if (expect === 'not a hard link') assert.notEqual(names.get(path), 'hardlink', label);
      else if (where === 'merged') assert.equal(find(merged, path) !== undefined, expect === 'present', label);
      else assert.equal(names.has(path), expect === 'present', label);
    }
    assert.deepEqual(described(merged), described(top), one.name);
  }
});
