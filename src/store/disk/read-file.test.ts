import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { secretLimit } from '../../limits.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { readFileOf } from './read-file.ts';

test('a secret is read whole up to its limit, and one that is larger or never ends is refused', t => {
  const file = join(temporaryDirectory(t), 'secret');
  writeFileSync(file, Buffer.alloc(secretLimit, 'x'));
  assert.equal(readFileOf(file).length, secretLimit);
  writeFileSync(file, Buffer.alloc(secretLimit + 1));
  for (const path of [file, '/dev/zero']) assert.throws(() => readFileOf(path), /at most 524288 bytes, got more/);
});
