import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { inParallel } from './in-parallel.ts';

/** Pieces of which each needs some of those before it. */
const graphs = fc
  .array(fc.array(fc.nat()), { maxLength: 12 })
  .map(rows => rows.map((row, at) => (at === 0 ? [] : row.map(need => need % at))));

const turns = async (count: number): Promise<void> => {
  for (let left = count; left > 0; left--) await new Promise(resolve => setImmediate(resolve));
};

test('each piece begins when all that it needs is done, and no more are done at once than may be', () =>
  fc.assert(
    fc.asyncProperty(graphs, fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(3)), async (needs, atOnce, lengths) => {
      const [begun, done] = [new Set<number>(), new Set<number>()];
      const work = async (piece: number): Promise<string> => {
        begun.add(piece);
        assert.ok(needs[piece]?.every(need => done.has(need)));
        assert.ok(begun.size - done.size <= atOnce);
        await turns(lengths[piece] ?? 0);
        done.add(piece);
        return `made ${piece}`;
      };
      const results = await inParallel({ needs, atOnce, signal: undefined }, work);
      assert.deepEqual(
        results,
        needs.map((_, piece) => `made ${piece}`),
      );
    }),
  ));

test('one at a time they are done in order', async () => {
  const order: number[] = [];
  await inParallel({ needs: [[], [0], [], [2, 1]], atOnce: 1, signal: undefined }, async piece => order.push(piece));
  assert.deepEqual(order, [0, 1, 2, 3]);
});

test('where one fails, the others are stopped and waited for, no other begins, and its error is the one', async () => {
  const [begun, ended]: [number[], number[]] = [[], []];
  const error = new Error('wrong');
  const all = inParallel({ needs: [[], [], [0]], atOnce: 2, signal: undefined }, async (piece, signal) => {
    begun.push(piece);
    if (piece === 1) throw error;
    await new Promise(resolve => signal.addEventListener('abort', resolve));
    await turns(3);
    ended.push(piece);
    throw new Error('stopped');
  });
  await assert.rejects(all, error);
  assert.deepEqual([begun, ended], [[0, 1], [0]]);
});

test('who stops the whole stops each piece, with the same reason', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const all = inParallel({ needs: [[], []], atOnce: 2, signal: controller.signal }, async (_piece, signal) => {
    await new Promise(resolve => signal.addEventListener('abort', resolve));
    signal.throwIfAborted();
  });
  controller.abort(reason);
  await assert.rejects(all, reason);
});
