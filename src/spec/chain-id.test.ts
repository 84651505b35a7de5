import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainID } from './chain-id.ts';
import { type DiffID, digestOf } from './digest.ts';

test('a chainID is the diffID of a lowest layer, and else the digest of both', () => {
  const [a, b] = ['a', 'b'].map(text => digestOf(Buffer.from(text)) as DiffID) as [DiffID, DiffID];
  assert.equal(chainID('', a), a);
  assert.equal(chainID(a, b), digestOf(Buffer.from(`${a} ${b}`)));
  assert.notEqual(chainID(a, b), chainID(b, a));
});
