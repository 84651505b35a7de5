import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { described } from '../testing/described-tree.ts';
import { fixtureCases } from '../testing/fixtures.ts';
import {
  afterSteps,
  directory,
  entryOf,
  type Member,
  type Step,
  symlink,
  textFile,
  withMode,
} from '../testing/scripts.ts';
import { arbitraryEntries, arbitraryTree, leniently, treeOf } from '../testing/trees.ts';
import { applyLayer } from './apply.ts';
import { Draft } from './draft.ts';
import { emptyTree, type LayerEntry, type Meta, type Node, type Path, type Tree } from './node.ts';
import type { Operation } from './operation.ts';
import { nameOf, parentOf, parsePath } from './path.ts';
import { find, resolvePath, walk } from './walk.ts';

const file = (path: string, text = ''): LayerEntry => ({ kind: 'node', path, node: textFile(text) });
const dir = (path: string, mode = 0o755): LayerEntry => ({ kind: 'node', path, node: directory(mode) });
const sym = (path: string, target: string): LayerEntry => ({ kind: 'node', path, node: symlink(target) });
const link = (path: string, target: string): LayerEntry => ({ kind: 'hardlink', path, target });
const gone = (path: string): LayerEntry => ({ kind: 'whiteout', path });
const opaque = (path: string): LayerEntry => ({ kind: 'opaque', path });
const fold = (...layers: readonly (readonly LayerEntry[])[]): Tree =>
  layers.reduce<Tree>((tree, layer) => applyLayer(tree, layer), emptyTree());

/** Paths with what a person sees there: `d/`, `a=text`, `s->target`. */
function shown(tree: Tree): string[] {
  return Array.from(walk(tree), ([path, node]) => {
    if (node.kind === 'directory') return `${path}/`;
    if (node.kind === 'symlink') return `${path}->${node.target}`;
    return node.kind === 'file' ? `${path}=${node.content.source.slice('text '.length)}` : path;
  });
}

type Check = readonly [string, ...(string | number)[]];

interface ApplyCase {
  readonly id: string;
  readonly lower?: readonly Step[];
  readonly lower_layers?: readonly (readonly Member[])[];
  readonly layer: readonly Member[];
  readonly expect: string;
  readonly checks: readonly Check[];
}

/** Cases whose verdict this house does not share, and why. */
const otherVerdicts: Readonly<Record<string, string>> = {
  'moby/TestUntarParentTraversalContained-parent-child':
    "a path above the root is clamped there, as other engines do; 'validate' reports it",
  'umoci/TestUnpackEntry_OverlayfsRootfs_Whiteout': "overlay's on-disk form is not written",
  'umoci/TestUnpackEntry_OverlayfsRootfs_OpaqueWhiteout': "overlay's on-disk form is not written",
  'umoci/TestUnpackEntry_OverlayfsRootfs_Whiteout_MissingDirs': "overlay's on-disk form is not written",
};

function runCheck(tree: Tree, [verb, first, second]: Check): void {
  const path = parsePath(`${first}`, 'check');
  const node = find(tree, path);
  const followed = (to: string | number | undefined): Node | undefined => find(tree, resolvePath(tree, `${to}`));
  const checks: Readonly<Record<string, () => void>> = {
    content: () =>
      assert.equal((followed(first) as { content?: { source: string } }).content?.source, `text ${second}`),
    'content-if-accepted': () => runCheck(tree, ['content', first ?? '', second ?? '']),
    present: () => assert.ok(node),
    absent: () => assert.equal(node, undefined),
    dir: () => assert.equal(node?.kind, 'directory'),
    mode: () => assert.equal(node?.meta.mode, second),
    readlink: () => assert.equal(node?.kind === 'symlink' && node.target, second),
    'same-inode-following-links-inside-root': () => assert.equal(followed(first), followed(second)),
    'both-symlinks-with-same-target': () => assert.equal(node, find(tree, parsePath(`${second}`, 'check'))),
  };
  const isAboutDisks = /^outside-|^no-new-outside-files$|^mtime-of-parent|^absent-or-not-same-content/.test(verb);
  const check = checks[verb];
  assert.ok(check !== undefined || isAboutDisks, `a check of another language: ${verb}`);
  check?.();
}

test('layers of other projects are applied, or refused, as their tests demand', t => {
  for (const { id, lower, lower_layers: layers, layer, expect, checks } of fixtureCases<ApplyCase>(
    t,
    'cases/layer-apply.json',
  ) ?? []) {
    if (otherVerdicts[id] !== undefined) continue;
    const below = afterSteps(fold(...(layers ?? []).map(members => members.map(entryOf))), lower ?? []);
    const apply = (): Tree => applyLayer(below, layer.map(entryOf));
    if (expect === 'reject') {
      assert.throws(apply, { name: 'OciError', code: 'invalid' }, id);
      continue;
    }
    try {
      const tree = apply();
      for (const check of checks) runCheck(tree, check);
    } catch (error) {
      assert.ok(expect === 'contain' && error instanceof Error && error.name === 'OciError', `${id}: ${error}`);
    }
  }
});

interface MixedCase {
  readonly test: string;
  readonly case: {
    readonly Path?: string;
    readonly Whiteout?: string;
    readonly Deleted?: boolean;
    readonly Name?: string;
    readonly LenPackage?: number;
    readonly Report?: {
      readonly Packages: Record<string, { Filepath: string }>;
      readonly Files: Record<string, Record<string, string>>;
    };
    readonly header?: {
      readonly Name: string;
      readonly Typeflag: string;
      readonly Mode?: number;
      readonly Linkname?: string;
    };
    readonly body?: string;
  };
}

test('whiteouts of scanners hide what they say; their other rows need a tar, a scanner, or Windows', t => {
  const rows = fixtureCases<MixedCase>(t, 'cases/whiteouts-and-extraction.json') ?? [];
  for (const { test: name, case: row } of rows) {
    if (name === 'claircore TestIsDeleted') {
      const tree = applyLayer(fold([file(row.Path ?? '')]), [entryOf({ type: 'file', path: row.Whiteout ?? '' })]);
      assert.equal(find(tree, row.Path ?? '') === undefined, row.Deleted);
    } else if (row.Report !== undefined) {
      const paths = Object.values(row.Report.Packages).map(item => item.Filepath);
      const marks = Object.values(row.Report.Files).flatMap(files => Object.keys(files));
      const tree = applyLayer(
        fold(paths.map(path => file(path))),
        marks.map(path => entryOf({ type: 'file', path })),
      );
      assert.equal(paths.filter(path => find(tree, path) !== undefined).length, row.LenPackage);
    }
  }
  const trip = rows.flatMap(({ test: name, case: row }) =>
    name === 'ggcr TestExtractRoundTrip' && row.header ? [row.header] : [],
  );
  const types = { '$tar.TypeDir': 'dir', '$tar.TypeReg': 'file', '$tar.TypeSymlink': 'symlink' } as const;
  const tree = fold(
    trip.map(({ Name: path, Typeflag: flag, Mode: mode, Linkname: target }) =>
      entryOf({ type: types[flag as keyof typeof types], path, mode: mode ?? 0o644, target: target ?? '' }),
    ),
  );
  for (const { Name: path } of trip) assert.ok(find(tree, parsePath(path, 'test')), path);
});

test('the twelve layers that tell engines apart come out as the specification says', () => {
  const a = [file('a', 'old'), link('b', 'a')];
  assert.deepEqual(shown(fold(a, [file('a', 'new')])), ['a=new', 'b=old']);
  const linked = fold([file('a', 'x')], [link('b', 'a')]);
  assert.equal(find(linked, 'b'), find(linked, 'a'));
  assert.deepEqual(shown(fold(a, [gone('a')])), ['b=old']);
  assert.deepEqual(shown(fold(a, [gone('a'), file('a', 'new')])), ['a=new', 'b=old']);
  assert.deepEqual(shown(fold([file('d/old')], [gone('d'), dir('d'), file('d/new')])), ['d/', 'd/new=']);
  assert.deepEqual(shown(fold([file('a', 'old')], [file('a', 'new'), gone('a')])), ['a=new']);
  assert.deepEqual(shown(fold([file('d/old')], [file('d/new'), opaque('d')])), ['d/', 'd/new=']);
  assert.deepEqual(shown(fold([sym('a', '../b'), sym('u/l', '../../b')])), ['a->../b', 'u/', 'u/l->../../b']);
  assert.deepEqual(shown(fold([dir('real'), sym('lnk', 'real')], [file('lnk/y')])), ['lnk->real', 'real/', 'real/y=']);
  assert.deepEqual(shown(fold([file('d/x')], [file('d', 'f'), gone('d/x')])), ['d=f']);
  assert.deepEqual(shown(fold([file('a', '1'), file('a', '2')])), ['a=2']);
  const attributes = fold([dir('d'), file('d/x')], [dir('d', 0o700)]);
  assert.deepEqual([shown(attributes), find(attributes, 'd')?.meta.mode], [['d/', 'd/x='], 0o700]);
});

test('whiteouts spare what their own layer brought, and the way to it', () => {
  const below = fold([file('d/old'), file('d/sub/old'), dir('d/sub/deep'), file('e')]);
  const up = applyLayer(below, [file('d/sub/new'), gone('d'), opaque('')]);
  assert.deepEqual(shown(up), ['d/', 'd/sub/', 'd/sub/new=']);
  assert.deepEqual(shown(applyLayer(below, [dir('d'), opaque(''), gone('d')])), ['d/']);
  assert.deepEqual(shown(applyLayer(fold([file('e')]), [link('k', 'e'), gone('k'), gone('e')])), ['k=']);
});

test('what the tree below and a tree given out hold never changes', () => {
  const draft = new Draft(fold([file('d/a'), file('d/b')]), 'layer');
  draft.beginLayer();
  draft.apply(file('d/c'));
  const early = draft.tree();
  draft.apply(gone('d'));
  assert.deepEqual(shown(early), ['d/', 'd/a=', 'd/b=', 'd/c=']);
  assert.deepEqual(shown(draft.tree()), ['d/', 'd/c=']);
});

test('a layer that comes twice does not link its files to what was linked to them in between', () => {
  const layer = [file('a', 'x')];
  const tree = fold(layer, [link('b', 'a')], layer);
  assert.notEqual(find(tree, 'a'), find(tree, 'b'));
});

test('every refusal names what it refuses', () => {
  const below = fold([file('d/x'), sym('loop', 'loop')]);
  const refused = (entry: LayerEntry, words: RegExp): void =>
    assert.throws(() => applyLayer(below, [entry], 'layer 2'), { name: 'OciError', code: 'invalid', message: words });
  refused(link('a', 'nowhere'), /^layer 2: expected the hardlink 'a' .*'nowhere': nothing there$/);
  refused(link('a', 'd'), /'a'.*'d': a directory/);
  refused(link('d', 'd/x'), /'d'.*'d\/x'/);
  refused(link('', 'd/x'), /the root '\.', got a hardlink/);
  refused(sym('', 'x'), /the root '\.', got a symlink/);
  refused(gone(''), /root/);
  refused(file('loop/x'), /40 symbolic links.*'loop'/);
  refused(file(`${'n'.repeat(256)}`), /255 bytes.*nnnn.*…/);
  refused(file(`${'n'.repeat(256)}/x`), /255 bytes/);
});

test('a root entry sets the attributes of the root', () => {
  const tree = applyLayer(fold([file('a')]), [dir('', 0o700)]);
  assert.deepEqual([tree.meta.mode, shown(tree)], [0o700, ['a=']]);
});

test('a link that leads elsewhere after a new one is followed anew', () => {
  const below = fold([dir('real'), dir('x/real'), dir('x/y'), sym('s', 'missing/../real')]);
  const tree = applyLayer(below, [file('s/1'), sym('missing', 'x/y'), file('s/2')]);
  assert.deepEqual([find(tree, 'real/1')?.kind, find(tree, 'x/real/2')?.kind], ['file', 'file']);
});

test('names of Object.prototype are names', () => {
  const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString'];
  const tree = fold(names.map(name => file(`${name}/x`)));
  assert.deepEqual(
    names.map(name => find(tree, `${name}/x`)?.kind),
    names.map(() => 'file'),
  );
  assert.deepEqual(shown(applyLayer(tree, names.map(gone))), []);
});

/** A file system that does what it is told and refuses what a disk would. */
class Model {
  readonly nodes = new Map<Path, Node>();
  meta: Meta = withMode(0o755);

  run(operation: Operation): void {
    const { path } = operation;
    if (path !== '')
      assert.ok(parentOf(path) === '' || this.nodes.get(parentOf(path))?.kind === 'directory', `no parent: ${path}`);
    assert.equal(
      this.nodes.has(path),
      operation.kind === 'remove' || (operation.kind === 'update' && path !== ''),
      `${operation.kind} ${path}`,
    );
    if (operation.kind === 'remove') {
      for (const at of [...this.nodes.keys()]) if (at === path || at.startsWith(`${path}/`)) this.nodes.delete(at);
    } else if (operation.kind === 'link') {
      const node = this.nodes.get(operation.target);
      assert.ok(node !== undefined && node.kind !== 'directory', `no target: ${operation.target}`);
      this.nodes.set(path, node);
    } else if (path === '') this.meta = operation.node.meta;
    else if (operation.kind === 'update') {
      assert.equal(this.nodes.get(path)?.kind, 'directory');
      this.nodes.set(path, operation.node);
    } else {
      assert.ok(
        nameOf(path) !== '' && ![...this.nodes.values()].some(node => node === operation.node && node.kind === 'file'),
      );
      this.nodes.set(path, operation.node);
    }
  }
}

test('the operations, done on a disk, make the same tree', () => {
  fc.assert(
    fc.property(arbitraryEntries, arbitraryEntries, (first, second) => {
      const lower = leniently(emptyTree(), first);
      const draft = new Draft(emptyTree(), 'law');
      const model = new Model();
      for (const layer of [lower, leniently(applyLayer(emptyTree(), lower), second)]) {
        draft.beginLayer();
        for (const entry of layer) for (const operation of draft.apply(entry)) model.run(operation);
      }
      assert.deepEqual(
        described(treeOf([...model.nodes].sort(([a], [b]) => (a < b ? -1 : 1)))),
        described(draft.tree()),
      );
    }),
    { numRuns: 300 },
  );
});

test('whiteouts mean the same wherever in their layer they stand, where no link leads elsewhere', () => {
  const plain = (entry: LayerEntry): boolean =>
    entry.kind !== 'hardlink' && !(entry.kind === 'node' && entry.node.kind === 'symlink');
  const isMark = (entry: LayerEntry): boolean => entry.kind === 'whiteout' || entry.kind === 'opaque';
  const pathsOf = (tree: Tree): string[] => Array.from(walk(tree), ([path, node]) => `${path} ${node.kind}`);
  fc.assert(
    fc.property(arbitraryEntries, arbitraryEntries, (first, second) => {
      const below = applyLayer(emptyTree(), first.filter(plain));
      const layer = second.filter(plain);
      const early = [...layer.filter(isMark), ...layer.filter(entry => !isMark(entry))];
      const late = [...layer.filter(entry => !isMark(entry)), ...layer.filter(isMark)];
      assert.deepEqual(pathsOf(applyLayer(below, layer)), pathsOf(applyLayer(below, early)));
      assert.deepEqual(pathsOf(applyLayer(below, late)), pathsOf(applyLayer(below, early)));
    }),
    { numRuns: 300 },
  );
});

test('layers never change the tree that they are applied to', () => {
  fc.assert(
    fc.property(arbitraryTree, arbitraryEntries, (below, entries) => {
      const before = described(below);
      applyLayer(below, leniently(below, entries));
      assert.deepEqual(described(below), before);
    }),
  );
});
