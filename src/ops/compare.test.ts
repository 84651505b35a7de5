import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textFile } from '../testing/scripts.ts';
import { emptyTree } from '../tree/node.ts';
import { compareSides, type Side } from './compare.ts';

const sideOf = (names: readonly string[]): Side => ({
  tree: { ...emptyTree(), children: new Map(names.map(name => [name, textFile(name)])) },
  digests: async () => new Map(),
});

test('a signal that comes while trees are compared ends it before what differs is made use of', async () => {
  const empty: Side = { tree: emptyTree(), digests: async () => new Map() };
  const reason = new Error('enough');
  for (const trustMtime of [false, true]) {
    const controller = new AbortController();
    setImmediate(() => controller.abort(reason));
    const found = compareSides(empty, sideOf(['a', 'b']), { trustMtime, signal: controller.signal });
    await assert.rejects(found, reason);
    const changes = await compareSides(empty, sideOf(['a', 'b']), { trustMtime });
    assert.deepEqual(
      changes.map(({ path }) => path),
      ['a', 'b'],
    );
  }
});
