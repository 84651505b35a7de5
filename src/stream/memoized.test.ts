import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoized } from './memoized.ts';

test('what is asked for is made once, and not before', async () => {
  let count = 0;
  const made = memoized(async () => ++count);
  assert.equal(count, 0);
  assert.deepEqual(await Promise.all([made(), made()]), [1, 1]);
  await assert.rejects(
    memoized((): Promise<never> => {
      throw new Error('not to be made');
    }),
    /not to be made/,
  );
});

test('any number of them may ask for one another in a row', async () => {
  let last = memoized(async () => 0);
  for (let count = 0; count < 20_000; count++) {
    const below = last;
    last = memoized(async () => (await below()) + 1);
  }
  assert.equal(await last(), 20_000);
});
