import assert from 'node:assert/strict';
import { test } from 'node:test';
import { impliedMeta } from '../tree/node.ts';
import { runsOf } from './file-bytes.ts';

test('files are read in one run as long as they come later in the same layer', () => {
  const file = (source: string, member: number) =>
    ({ kind: 'file', meta: impliedMeta, size: 1, content: { source, member } }) as const;
  const [a1, a2, a4, b5] = [file('a', 1), file('a', 2), file('a', 4), file('b', 5)];
  assert.deepEqual([...runsOf([a1, a2, a4])], [[a1, a2, a4]]);
  assert.deepEqual([...runsOf([a1, a4, a2])], [[a1, a4], [a2]]);
  assert.deepEqual([...runsOf([a1, a1])], [[a1], [a1]]);
  assert.deepEqual([...runsOf([a4, b5, b5])], [[a4], [b5], [b5]]);
  assert.deepEqual([...runsOf([])], []);
});
