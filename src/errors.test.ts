import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calledSo, listWords, OciError } from './errors.ts';

test('of many words the first are named and the others counted, and of few all are named', () => {
  assert.equal(listWords([], 2), '');
  assert.equal(listWords(['a'], 1), 'a');
  assert.equal(listWords(['a', 'b'], 1), 'a and 1 more');
  assert.equal(listWords(['a', 'b'], 2), 'a, b');
  assert.equal(listWords(['a', 'b', 'c', 'd', 'e'], 2), 'a, b and 3 more');
});

test('an error about a place that nobody has named is said of the one that it is for, with all else that it says', () => {
  const options = { hint: 'h', option: 'o', cause: new Error('c'), excerpt: 'e', isTooDeep: true };
  const error = new OciError('conflict', '/tmp/x: blob b', 'expected a, got b', options);
  const called = calledSo(error, '/tmp/x', 'out.tar') as OciError;
  assert.equal(called.message, 'out.tar: blob b: expected a, got b');
  const { code, hint, option, cause, excerpt, isTooDeep } = called;
  assert.deepEqual([code, { hint, option, cause, excerpt, isTooDeep }], ['conflict', options]);
  for (const other of [new OciError('invalid', 'y', 'x'), new Error('/tmp/x')])
    assert.equal(calledSo(other, '/tmp/x', 'out.tar'), other);
});
