import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { fixture } from '../testing/fixtures.ts';
import { directory, symlink, textFile } from '../testing/scripts.ts';
import { arbitraryStack, stackOf } from '../testing/stacks.ts';
import { efficiencyOf } from './efficiency.ts';
import type { LayerEntry, Leaf } from './node.ts';
import { atOnce } from './parts.ts';
import { encodeText, parsePath } from './path.ts';
import { topOf } from './stack.ts';
import { usageOf } from './usage.ts';
import { leavesOf } from './walk.ts';
import { wasteOf } from './waste.ts';
import { decodeWhiteout } from './whiteout.ts';

interface Listed {
  readonly path: string;
  readonly type: string;
  readonly size: number;
  readonly link?: string;
}

function entryOf({ path: raw, type, size, link = '' }: Listed): LayerEntry {
  const path = parsePath(encodeText(raw), 'test');
  const whiteout = decodeWhiteout(path);
  if (whiteout !== undefined) return whiteout;
  if (type === 'directory') return { kind: 'node', path, node: directory() };
  if (type === 'symlink') return { kind: 'node', path, node: symlink(link) };
  if (type === 'hardlink') return { kind: 'hardlink', path, target: parsePath(encodeText(link), 'test') };
  return { kind: 'node', path, node: { ...textFile(''), size } };
}

test("dive's numbers are dive's", t => {
  const folder = fixture(t, 'insight/dive');
  if (folder === undefined) return;
  for (const name of readdirSync(folder)) {
    const { layers, expected } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    const found = atOnce(efficiencyOf(stackOf(...layers.map((layer: Listed[]) => layer.map(entryOf)))));
    assert.equal(found.score, expected.efficiency, name);
    const repeated = found.repeated.map(({ path, count, size }) => ({ file: `/${path}`, count, sizeBytes: size }));
    const wanted = expected.inefficient.map(({ file, count, sizeBytes }: Record<string, unknown>) => ({
      ...{ file, count, sizeBytes },
    }));
    assert.deepEqual(repeated, wanted, name);
    if (expected.layerSizes !== undefined) assert.deepEqual(found.layerSizes, expected.layerSizes, name);
  }
});

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

test('law: what layers show and hide is all that they hold, and what they show is what lies in directories', () => {
  fc.assert(
    fc.property(arbitraryStack, fc.nat({ max: 3 }), (stack, depth) => {
      const { layers, hidden } = atOnce(wasteOf(stack));
      for (const [at, { entries }] of stack.entries()) {
        const files = entries.flatMap(entry =>
          entry.kind === 'node' && entry.node.kind === 'file' ? [entry.node] : [],
        );
        const [one, own] = [layers[at], hidden.filter(({ layer }) => layer === at)];
        assert.equal((one?.visible ?? 0) + (one?.hidden ?? 0), sum(files.map(({ size }) => size)));
        assert.equal(one?.hidden, sum(own.map(({ node }) => node.size)));
      }
      const leaves = new Set<Leaf>(Array.from(leavesOf(topOf(stack)), ([, leaf]) => leaf));
      const merged = sum(Array.from(leaves, leaf => (leaf.kind === 'file' ? leaf.size : 0)));
      const rows = atOnce(usageOf(topOf(stack), depth));
      assert.equal(sum(layers.map(({ visible }) => visible)), merged);
      assert.equal(rows[0]?.size, merged);
      assert.equal(sum(rows.map(({ own }) => own)), merged);
    }),
  );
});

const file = (path: string, text: string): LayerEntry => ({ kind: 'node', path, node: textFile(text) });

test('a file that was replaced, deleted or hidden with its directory is said to be so, with the layer that did it', () => {
  const stack = stackOf(
    [file('a/one', '1'), file('a/two', '22'), file('b', '333'), { kind: 'hardlink', path: 'c', target: 'b' }],
    [file('a/one', '4444'), { kind: 'whiteout', path: 'b' }],
    [{ kind: 'opaque', path: 'a' }],
  );
  const hidden = atOnce(wasteOf(stack)).hidden.map(({ path, layer, by, instead, node }) =>
    [path, layer, by, instead?.kind, node.size].join(' '),
  );
  assert.deepEqual(hidden, ['a/one 0 1 file 1', 'a/two 0 2  2', 'a/one 1 2  4']);
});
