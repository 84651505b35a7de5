import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { described, digestsOf, fileAt } from '../testing/described-tree.ts';
import { fixtureCases } from '../testing/fixtures.ts';
import { arbitraryMeta } from '../testing/nodes.ts';
import { afterSteps, directory, type Step, symlink, textFile } from '../testing/scripts.ts';
import { arbitraryEntries, arbitraryTree, arbitraryTreePair, edited, leniently, treeOf } from '../testing/trees.ts';
import { applyLayer } from './apply.ts';
import type { Change, Reason } from './change.ts';
import { reasonsOf } from './compare.ts';
import { contentCandidates, type DiffOptions, diff } from './diff.ts';
import { emptyTree, type LayerEntry, type Node, type Path, type Tree } from './node.ts';
import { atOnce } from './parts.ts';
import { parentOf } from './path.ts';
import { toLayer } from './to-layer.ts';
import { find } from './walk.ts';
import { encodeWhiteout } from './whiteout.ts';

const knowing = (...trees: readonly Tree[]): DiffOptions => ({ digests: digestsOf(...trees) });
const candidatesOf = (before: Tree, after: Tree) => atOnce(contentCandidates(before, after));
const changesOf = (before: Tree, after: Tree): Change[] => diff(before, after, knowing(before, after));
const roundTrip = (before: Tree, after: Tree): Tree => applyLayer(before, toLayer(changesOf(before, after), after));

/** `C /path` as docker prints it. */
const lineOf = (change: Change): string => `${{ add: 'A', modify: 'C', delete: 'D' }[change.kind]} /${change.path}`;
const reasonsAt = (changes: readonly Change[], path: Path): string[] =>
  changes
    .filter(change => change.path === path)
    .flatMap(({ reasons }) => reasons.map(r => `${r.aspect} ${r.before}→${r.after}`));

const law = { numRuns: 400 };

test('the layer of a difference, applied to what was before, makes what is after', () => {
  fc.assert(
    fc.property(arbitraryTreePair, ([a, b]) => assert.deepEqual(described(roundTrip(a, b)), described(b))),
    law,
  );
  fc.assert(
    fc.property(arbitraryTree, arbitraryTree, (a, b) => assert.deepEqual(described(roundTrip(a, b)), described(b))),
    law,
  );
});

test('the same holds where both trees share directories', () => {
  const check = (a: Tree, entries: readonly LayerEntry[]): void => {
    const b = applyLayer(a, leniently(a, entries));
    assert.deepEqual(described(roundTrip(a, b)), described(b));
    assert.deepEqual(described(roundTrip(b, a)), described(a));
  };
  fc.assert(fc.property(arbitraryTree, arbitraryEntries, check), law);
});

test('a tree does not differ from itself nor from a copy', () => {
  fc.assert(
    fc.property(arbitraryTree, tree => {
      assert.deepEqual(changesOf(tree, tree), []);
      assert.deepEqual(changesOf(tree, edited(tree, [])), []);
    }),
  );
});

test('a fold of layers is the one layer from nothing', () => {
  fc.assert(
    fc.property(arbitraryTreePair, ([a, b]) => {
      const stacked = applyLayer(
        applyLayer(emptyTree(), toLayer(changesOf(emptyTree(), a), a)),
        toLayer(changesOf(a, b), b),
      );
      const squashed = applyLayer(emptyTree(), toLayer(changesOf(emptyTree(), b), b));
      assert.deepEqual(described(stacked), described(squashed));
    }),
  );
});

/** The paths that differ by plain comparison of everything but hardlinks, as docker's rules list them. */
function naively(before: Tree, after: Tree): { readonly changed: Set<string>; readonly parents: Set<string> } {
  const [was, is] = [described(before).nodes, described(after).nodes];
  const isDirectory = (text: string | undefined): boolean => text?.startsWith('directory') === true;
  const changed = new Set<string>();
  for (const [path, text] of is) {
    const old = was.get(path);
    if (old === undefined) changed.add(`A /${path}`);
    else if (old !== text) changed.add(`C /${path}`);
  }
  for (const path of was.keys()) {
    const parent = parentOf(path);
    if (!is.has(path) && (parent === '' || isDirectory(is.get(parent)))) changed.add(`D /${path}`);
  }
  const parents = new Set<string>();
  for (const line of changed) {
    for (let path = parentOf(line.slice(3)); path !== ''; path = parentOf(path)) parents.add(`C /${path}`);
  }
  return { changed, parents };
}

test('a difference lists exactly what plain comparison finds, the parents of it, and hardlinks', () => {
  fc.assert(
    fc.property(arbitraryTreePair, ([a, b]) => {
      const changes = changesOf(a, b);
      const { changed, parents } = naively(a, b);
      const own = changes.filter(
        ({ kind, reasons }) => kind !== 'modify' || reasons.some(({ aspect }) => aspect !== 'links'),
      );
      assert.deepEqual(new Set(own.map(lineOf)), changed);
      for (const line of parents)
        assert.ok(
          changes.some(change => lineOf(change) === line || lineOf(change) === line.replace('C', 'A')),
          line,
        );
      const linkOnly = changes.filter(
        ({ reasons }) => reasons.length > 0 && reasons.every(({ aspect }) => aspect === 'links'),
      );
      const below = new Set(changes.flatMap(change => ancestors(change.path)));
      const idle = changes.filter(
        change => change.kind === 'modify' && change.reasons.length === 0 && !below.has(change.path),
      );
      assert.deepEqual(idle.concat(linkOnly.filter(({ path }) => !isLinked(a, path) && !isLinked(b, path))), []);
      assert.deepEqual(
        changes.map(lineOf).map(line => line.slice(2)),
        changes
          .map(lineOf)
          .map(line => line.slice(2))
          .sort(),
      );
    }),
    law,
  );
});

function ancestors(path: Path): Path[] {
  const parent = parentOf(path);
  return parent === '' ? [] : [parent, ...ancestors(parent)];
}

const isLinked = (tree: Tree, path: Path): boolean =>
  described(tree).links.some(names => names.split(' = ').includes(path));

test('no change for hardlinks alone can be left out', () => {
  fc.assert(
    fc.property(arbitraryTreePair, ([a, b]) => {
      const changes = changesOf(a, b);
      const isLinksOnly = ({ reasons }: Change): boolean =>
        reasons.length > 0 && reasons.every(({ aspect }) => aspect === 'links');
      const files = new Set(changes.filter(isLinksOnly).map(change => find(b, change.path)));
      for (const file of files) {
        const names = changes.filter(change => find(b, change.path) === file);
        if (!names.every(isLinksOnly)) continue;
        const fewer = changes.filter(change => !names.includes(change));
        assert.notDeepEqual(described(applyLayer(a, toLayer(fewer, b))), described(b));
      }
    }),
    law,
  );
});

/** Rules that every engine needs, whatever the trees. */
function checkLayer(layer: readonly LayerEntry[]): void {
  const seen = new Map<Path, LayerEntry>();
  const markers = new Set<Path>();
  for (const entry of layer) {
    assert.notEqual(entry.path, '');
    const sibling = [...seen.values()].findLast(old => parentOf(old.path) === parentOf(entry.path));
    assert.ok(
      sibling === undefined || (sibling.kind === 'whiteout') > (entry.kind === 'whiteout') || sibling.path < entry.path,
    );
    assert.ok(!seen.has(entry.path), `twice: ${entry.path}`);
    const parent = parentOf(entry.path);
    const holder = seen.get(parent);
    assert.ok(
      parent === '' || (holder?.kind === 'node' && holder.node.kind === 'directory'),
      `no parent: ${entry.path}`,
    );
    if (entry.kind === 'hardlink') assert.equal(seen.get(entry.target)?.kind, 'node');
    if (entry.kind === 'whiteout') {
      assert.ok(
        ![...seen].some(([path, old]) => parentOf(path) === parent && old.kind !== 'whiteout'),
        `late: ${entry.path}`,
      );
      markers.add(encodeWhiteout(entry));
    }
    seen.set(entry.path, entry);
  }
  assert.ok(![...markers].some(marker => seen.has(marker)));
}

test('layers obey the rules of every engine, in whatever order the changes come', () => {
  fc.assert(
    fc.property(arbitraryTreePair, ([a, b]) => {
      const changes = changesOf(a, b);
      const layer = toLayer(changes, b);
      checkLayer(layer);
      assert.deepEqual(toLayer(changes.reverse(), b), layer);
    }),
    law,
  );
});

interface DiffCase {
  readonly id: string;
  readonly base?: readonly Step[];
  readonly change?: readonly Step[];
  readonly steps?: readonly (readonly Step[])[];
  readonly expected_entries_in_order?: readonly {
    readonly type: string;
    readonly path: string;
    readonly target?: string;
  }[];
}

/** Upstream lists the names of one file where a new one appears first; here entries are in the order of their paths. */
const otherOrder: ReadonlySet<string> = new Set([
  'containerd/TestDiffTar/HardlinkParentInclusion',
  'containerd/TestDiffTar/HardlinkUpdatedParent',
]);

function spelled(layer: readonly LayerEntry[]): string[] {
  return layer.map(entry => {
    if (entry.kind === 'hardlink') return `hardlink ${entry.path} ${entry.target}`;
    if (entry.kind !== 'node') return `file ${encodeWhiteout(entry)}`;
    return entry.node.kind === 'directory' ? `dir ${entry.path}/` : `file ${entry.path}`;
  });
}

test('directories of other projects give their layers, and round trips where only a law is published', t => {
  for (const { id, base, change, steps, expected_entries_in_order: wanted } of fixtureCases<DiffCase>(
    t,
    'cases/layer-diff.json',
  ) ?? []) {
    let tree = afterSteps(emptyTree(), base ?? []);
    for (const step of steps ?? [change ?? []]) {
      const next = afterSteps(tree, step);
      assert.deepEqual(described(roundTrip(tree, next)), described(next), id);
      const layer = spelled(toLayer(changesOf(tree, next), next));
      tree = next;
      const expected = wanted?.map(({ type, path, target }) => [type, path, target].filter(Boolean).join(' '));
      if (expected === undefined || step.length === 0) continue;
      if (!otherOrder.has(id)) assert.deepEqual(layer, expected, id);
      else assert.deepEqual(layer.map(pathIn).sort(), expected.map(pathIn).sort(), id);
    }
    // The rows without steps (umoci/…) are read from an overlay directory, which is no tree here.
  }
});

const pathIn = (line: string): string => line.split(' ')[1] ?? '';

test("docker's own example gives docker's list, sorted", () => {
  const before = afterSteps(emptyTree(), [
    ['mkdir', '/bin', 0o755],
    ['mkdir', '/etc', 0o755],
    ['mkdir', '/tmp', 0o777],
    ['write', '/dir1/x', '1', 0o644],
    ['write', '/keep/k', 'k', 0o644],
    ['symlink', 'k', '/keep/klink'],
    ['write', '/rep/old', 'old', 0o644],
    ['write', '/tofile', 'file', 0o644],
  ]);
  const after = afterSteps(before, [
    ['write', '/HelloWorld', '', 0o644],
    ['removeall', '/dir1'],
    ['rename', '/keep', '/keep2'],
    ['removeall', '/rep'],
    ['write', '/rep', 'f', 0o644],
    ['remove', '/tofile'],
    ['write', '/tofile/q', 'q', 0o644],
    ['chmod', '/etc', 0o600],
    ['write', '/new/a/b/x', 'x', 0o644],
    ['symlink', '/x', '/new/sl'],
    ['write', '/bin/ls2', '', 0o644],
  ]);
  const lines = diff(before, after, knowing(before, after)).map(lineOf);
  const golden =
    'A /HelloWorld, C /bin, A /bin/ls2, D /dir1, C /etc, D /keep, A /keep2, A /keep2/k, A /keep2/klink, A /new, A /new/a, A /new/a/b, A /new/a/b/x, A /new/sl, C /rep, C /tofile, A /tofile/q';
  assert.deepEqual(lines, golden.split(', '));
});

const oneFile = (node: Node): Tree => treeOf([['f', node]]);

test('reasons say what differs, in short words', () => {
  const base = textFile('before');
  const other = textFile('after!', 0o4755);
  const meta = { mode: 0o4755, uid: 7, gid: 8, mtime: -1n, xattrs: new Map([['user.x', new Uint8Array(1)]]) };
  const digests = new Map([
    [base, 'sha256:0123456789abcdef'],
    [fileAt(oneFile({ ...other, meta }), 'f'), ''],
  ]);
  const changed = { ...other, meta };
  const changes = diff(oneFile(base), oneFile(changed), { digests: digests.set(changed, 'fedcba9876543210') });
  assert.deepEqual(reasonsAt(changes, 'f'), [
    'content 0123456789ab→fedcba987654',
    'mode 0644→4755',
    'owner 0:0→7:8',
    'xattr →user.x',
    'mtime 1970-01-01T00:00:00Z→1969-12-31T23:59:59Z',
  ]);
  assert.deepEqual(reasonsAt(diff(oneFile(base), oneFile(textFile('longer text'))), 'f'), ['size 6→11']);
  assert.deepEqual(reasonsAt(diff(oneFile(symlink('a')), oneFile(symlink('b'))), 'f'), ['target a→b']);
  assert.deepEqual(reasonsAt(diff(oneFile(symlink('a')), oneFile(base)), 'f'), ['type symlink→file']);
  assert.deepEqual(reasonsAt(diff(oneFile(base), oneFile(symlink('a'))), 'f'), ['type file→symlink']);
});

test('aspects that do not count are not looked at', () => {
  const [base, other] = [textFile('before'), textFile('after!', 0o600)];
  const ignore = (...aspects: Reason['aspect'][]): DiffOptions => ({ ignore: new Set(aspects) });
  assert.deepEqual(diff(oneFile(base), oneFile(other), ignore('content', 'mode')), []);
  const linked = treeOf([
    ['a', base],
    ['b', base],
  ]);
  const apart = treeOf([
    ['a', base],
    ['b', { ...base }],
  ]);
  assert.deepEqual(diff(linked, apart, ignore('links')), []);
  assert.deepEqual(reasonsAt(diff(linked, apart), 'b'), ['links 2→1']);
  assert.deepEqual(reasonsAt(diff(apart, linked), 'a'), ['links 1→2']);
  const instead = diff(treeOf([['a', directory(0o644)]]), linked).filter(({ path }) => path === 'a');
  assert.deepEqual(reasonsAt(instead, 'a'), ['type directory→file']);
  const copied = treeOf([
    ['a', { ...base }],
    ['b', base],
  ]);
  assert.deepEqual(diff(linked, copied).map(lineOf), ['C /a'], 'the file itself stays, its copy changes');
});

test('a name that goes is no change for the names that stay, and the host is no change at all', () => {
  const file = textFile('x');
  const [three, two] = [
    ['a', 'b', 'c'],
    ['b', 'c'],
  ].map(names => treeOf(names.map(name => [name, file] as const)));
  assert.deepEqual(diff(three ?? emptyTree(), two ?? emptyTree()).map(lineOf), ['D /a']);
  const xattrs = new Map(
    ['security.selinux', 'system.nfs4_acl', 'trusted.overlay.opaque', 'user.overlay.x'].map(n => [
      n,
      new Uint8Array(1),
    ]),
  );
  assert.deepEqual(diff(oneFile(file), oneFile({ ...file, meta: { ...file.meta, xattrs } })), []);
});

test('only files of one size and unknown identity have to be read, and without their digests nothing is guessed', () => {
  const [base, other] = [textFile('before'), textFile('after!')];
  const [before, after] = [oneFile(base), oneFile(other)];
  assert.deepEqual(candidatesOf(before, after), [{ before: base, after: other }]);
  assert.deepEqual(candidatesOf(before, oneFile({ ...base })), []);
  assert.deepEqual(candidatesOf(before, oneFile(textFile('longer text'))), []);
  assert.deepEqual(
    candidatesOf(oneFile(textFile('')), oneFile({ ...textFile(''), content: { source: 'x', member: 1 } })),
    [],
  );
  assert.throws(() => diff(before, after), /digest/);
  assert.throws(
    () =>
      diff(before, after, {
        digests: new Map([
          [base, ''],
          [other, ''],
        ]),
      }),
    /digest/,
  );
  assert.deepEqual(diff(before, after, { trustMtime: true }), []);
  const touched = oneFile({ ...other, meta: { ...other.meta, mtime: 1_000_000_000n } });
  assert.deepEqual(reasonsAt(diff(before, touched, { trustMtime: true }), 'f').length, 2);
});

test('a layer is refused where a name would be read as a whiteout', () => {
  const after = treeOf([['d/.wh.x', textFile('x')]]);
  assert.throws(() => toLayer(diff(emptyTree(), after), after), {
    code: 'invalid',
    message: /^\/d\/\.wh\.x: .*'\.wh\.x'/,
  });
});

test('changes that are not of this tree are a bug, not a layer', () => {
  const file = textFile('x');
  const after = treeOf([
    ['a', file],
    ['b', file],
  ]);
  const changes = diff(emptyTree(), after);
  assert.throws(() => toLayer(changes.slice(1), after), /one name of a changed file/);
  assert.throws(() => toLayer(changes, emptyTree()), /not there/);
  assert.throws(() => toLayer(diff(after, emptyTree()), after), /deleted path is there/);
});

test('a directory in place of a directory takes only what differs', () => {
  const before = treeOf([
    ['d', directory()],
    ['d/a', textFile('a')],
    ['d/s', directory()],
    ['d/s/x', textFile('x')],
  ]);
  const after = treeOf([
    ['d', directory(0o700)],
    ['d/b', textFile('b')],
  ]);
  assert.deepEqual(spelled(toLayer(diff(before, after), after)), [
    'dir d/',
    'file d/.wh.a',
    'file d/.wh.s',
    'file d/b',
  ]);
});

test('law: a root directory of its own attributes is compared, written first, only then, and comes back', () => {
  fc.assert(
    fc.property(arbitraryTreePair, arbitraryMeta, arbitraryMeta, ([a, b], one, other) => {
      const [before, after] = [
        { ...a, meta: one },
        { ...b, meta: other },
      ];
      const changes = changesOf(before, after);
      const layer = toLayer(changes, after);
      const roots = layer.filter(entry => entry.path === '');
      const differs = reasonsOf(before, after, {}).length > 0;
      assert.equal(roots.length, differs ? 1 : 0);
      assert.equal(changes[0]?.path === '', differs);
      if (differs) assert.equal(layer[0], roots[0]);
      const { meta } = applyLayer(before, layer);
      assert.deepEqual([meta.mode, meta.uid, meta.gid], [other.mode, other.uid, other.gid]);
    }),
  );
  const touched = { ...emptyTree(), meta: { ...emptyTree().meta, mtime: 5_000_000_000n } };
  assert.deepEqual(diff(emptyTree(), touched), []);
});
