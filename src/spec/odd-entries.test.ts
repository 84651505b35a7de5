import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oddEntryLimit } from '../limits.ts';
import { oddOf } from './odd-entries.ts';
import { parseIndex } from './parse.ts';

test('what is no descriptor is set aside, and an index of too much of it is refused', () => {
  const good = { mediaType: 'a/b', digest: `sha256:${'0'.repeat(64)}`, size: 1 };
  const indexOf = (odd: number) => ({
    schemaVersion: 2,
    manifests: [...Array.from({ length: odd }, () => ({})), good],
  });
  const { manifests, ...index } = parseIndex(indexOf(oddEntryLimit), 'it');
  assert.deepEqual(manifests, [good]);
  assert.equal(oddOf({ manifests, ...index }).length, oddEntryLimit);
  assert.throws(
    () => parseIndex(indexOf(oddEntryLimit + 1), 'it'),
    /^OciError: it: expected at most 10000 entries that are no descriptors, got more$/,
  );
});
