import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentLimit } from '../limits.ts';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import { checkMade } from './store-document.ts';

test('a document that nobody could read again is not made', () => {
  const config = (length: number): unknown => ({
    architecture: 'amd64',
    os: 'linux',
    author: 'x'.repeat(length),
    rootfs: { type: 'layers', diff_ids: [] },
  });
  assert.deepEqual(checkMade(encodeDocument(config(1000), mediaTypes.config), { subject: 'it' }), []);
  assert.throws(
    () => checkMade(encodeDocument(config(documentLimit), mediaTypes.config), { subject: 'it' }),
    /^OciError: it: new config: expected at most 4194304 bytes, got 4194/,
  );
});
