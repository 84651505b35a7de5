import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { textFile } from '../testing/scripts.ts';
import { treeOf } from '../testing/trees.ts';
import { hasEvenParts } from '../testing/work.ts';
import { contentCandidates, diff, diffInParts } from './diff.ts';
import { Draft } from './draft.ts';
import { emptyTree, type LayerEntry, type Node, type Tree } from './node.ts';
import type { Operation } from './operation.ts';
import { overlayInParts, withoutMounts } from './overlay.ts';
import { atOnce, inOrder, type Parts, partLength } from './parts.ts';
import { restrict } from './selection.ts';
import { toLayer, toLayerInParts } from './to-layer.ts';
import { eachNode } from './walk.ts';

test('law: sorting in parts is sorting', () => {
  const texts = fc.array(fc.string({ maxLength: 3 }), { maxLength: 200 });
  fc.assert(
    fc.property(texts, fc.nat(60), (some, times) => {
      const many = Array.from({ length: times }, (_, at) => some.map(text => text + ((at * 7919) % 60))).flat();
      assert.deepEqual(atOnce(inOrder(many)), [...many].sort());
    }),
  );
});

/** A directory of many files, some more, and many names of few files. */
function many(files: number, mode: number): Tree {
  const linked = textFile('linked', mode);
  const nodes: (readonly [string, Node])[] = [];
  for (let at = 0; at < files; at++) {
    nodes.push([`huge/${(at * 7919) % files}`, textFile(`${at}`, mode)]);
    nodes.push([`d${at % 9}/${at}`, textFile(`${at}`, mode)], [`links/${at}`, linked]);
  }
  return treeOf(nodes);
}

function layerOfNothing(before: Tree): Parts<unknown> {
  const empty = atOnce(restrict(before, { has: () => false, leads: () => true }));
  return toLayerInParts(diff(before, empty), empty);
}

const works: Readonly<Record<string, (before: Tree, after: Tree) => Parts<unknown>>> = {
  'listing a tree': before => eachNode(before, () => undefined),
  'comparing with another': (before, after) => diffInParts(before, after, {}),
  'comparing with nothing': (_, after) => diffInParts(emptyTree(), after, {}),
  'looking for contents to compare': (before, after) => contentCandidates(before, after),
  'making a layer of what differs': (before, after) => toLayerInParts(diff(before, after), after),
  'making a layer of what is gone': before => layerOfNothing(before),
  'laying one over another': (before, after) => overlayInParts(before, after, path => path.endsWith('7')),
  'bringing a mount back': (before, after) => withoutMounts(before, after, new Set(['huge'])),
  'taking a part': before => restrict(before, { has: path => path.endsWith('7'), leads: () => true }),
};

for (const [what, work] of Object.entries(works)) {
  test(`${what}: no part of it takes longer where there are more files`, () => {
    const trees = new Map([800, 3200].map(files => [files, [many(files, 0o644), many(files, 0o600)] as const]));
    hasEvenParts(files => work(...(trees.get(files) as readonly [Tree, Tree])), 800);
  });
}

test('a layer in parts is the layer', () => {
  const [before, after] = [many(700, 0o644), many(700, 0o600)];
  assert.deepEqual(
    atOnce(toLayerInParts(atOnce(diffInParts(before, after, {})), after)),
    toLayer(diff(before, after), after),
  );
});

/** A layer's entries that take all names of a directory away, which is below it and in it. */
const hiding: Readonly<Record<string, readonly LayerEntry[]>> = {
  'an opaque whiteout': [{ kind: 'opaque', path: 'huge' }],
  'an opaque whiteout of the directory above': [
    { kind: 'node', path: 'huge/new', node: textFile('new') },
    { kind: 'opaque', path: '' },
  ],
  'a whiteout of what the layer brings again': [
    { kind: 'node', path: 'huge/new', node: textFile('new') },
    { kind: 'whiteout', path: 'huge' },
  ],
};

for (const [what, entries] of Object.entries(hiding))
  test(`${what} is done in parts, and what was done is told in parts`, () => {
    let told = 0;
    hasEvenParts(files => {
      const draft = new Draft(many(files, 0o644), 'layer');
      draft.beginLayer();
      for (const entry of entries.slice(0, -1)) draft.apply(entry);
      told = 0;
      const seen = (operations: readonly Operation[]): undefined => {
        assert.ok(operations.length <= 2 * partLength, `${operations.length} at once`);
        told += operations.length;
      };
      return draft.applying(entries.at(-1) as LayerEntry, seen) ?? [];
    }, 4000);
    assert.ok(told >= 16_000);
  });
