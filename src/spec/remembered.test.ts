import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remembered } from './remembered.ts';

test('an answer is worked out once for a value, and for more values than are kept each time', () => {
  let calls = 0;
  const text = remembered((value: number) => `${value} ${++calls}`);
  assert.equal(text(1), '1 1');
  assert.equal(text(1), '1 1');
  for (let value = 2; value <= 4096; value++) text(value);
  assert.equal(text(4096), '4096 4096');
  assert.equal(text(5000), '5000 4097');
  assert.equal(text(5000), '5000 4098');
  assert.equal(text(1), '1 1');
});
