import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listWords } from './errors.ts';

test('of many words the first are named and the others counted, and of few all are named', () => {
  assert.equal(listWords([], 2), '');
  assert.equal(listWords(['a'], 1), 'a');
  assert.equal(listWords(['a', 'b'], 1), 'a and 1 more');
  assert.equal(listWords(['a', 'b'], 2), 'a, b');
  assert.equal(listWords(['a', 'b', 'c', 'd', 'e'], 2), 'a, b and 3 more');
});
