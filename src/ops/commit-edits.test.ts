import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textFile, withMode } from '../testing/scripts.ts';
import type { LayerEntry, Meta } from '../tree/node.ts';
import { atOnce } from '../tree/parts.ts';
import { clampEntries } from './commit-edits.ts';

const second = 1_000_000_000n;
const at = (time: bigint): Meta => ({ ...withMode(0o755), mtime: time });

test('no time of a layer is later than the one that clamps, of directories and links as of files', () => {
  const nodes: readonly LayerEntry[] = [
    { kind: 'node', path: 'd', node: { kind: 'directory', meta: at(200n * second), children: new Map() } },
    { kind: 'node', path: 'd/l', node: { kind: 'symlink', meta: at(100n * second + 1n), target: 'f' } },
    { kind: 'node', path: 'd/old', node: { kind: 'fifo', meta: at(99n * second) } },
    { kind: 'node', path: 'd/same', node: { kind: 'fifo', meta: at(100n * second) } },
    { kind: 'whiteout', path: 'd/gone' },
  ];
  const { entries, origins } = atOnce(clampEntries(nodes, 100));
  const times = entries.map(entry => (entry.kind === 'node' ? entry.node.meta.mtime / second : undefined));
  assert.deepEqual(times, [100n, 100n, 99n, 100n, undefined]);
  assert.deepEqual(
    entries.map((entry, index) => entry === nodes[index]),
    [false, false, true, true, true],
  );
  assert.equal(origins.size, 0);
});

test('a clamped file is known by the file that it was', () => {
  const plain = textFile('text');
  const file = { ...plain, meta: at(101n * second) };
  const { entries, origins } = atOnce(clampEntries([{ kind: 'node', path: 'f', node: file }], 100));
  const [entry] = entries;
  assert.ok(entry?.kind === 'node' && entry.node.kind === 'file');
  assert.equal(origins.get(entry.node), file);
});
