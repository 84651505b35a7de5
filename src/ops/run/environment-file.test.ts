import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { readEnvironmentFile } from './environment-file.ts';

test('a file of variables has one a line, as it stands', async t => {
  const file = join(temporaryDirectory(t), 'env');
  writeFileSync(file, '\uFEFF# of us\nA=1\r\n\n  B="two words" # kept\n#C=3\nHOME\n');
  assert.deepEqual(await readEnvironmentFile(file), ['A=1', 'B="two words" # kept', 'HOME']);
});
