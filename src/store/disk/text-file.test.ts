import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { textFileLimit } from '../../limits.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { readTextFile } from './text-file.ts';

test('a text file is read up to its limit, and a file without end is one error', t => {
  const path = join(temporaryDirectory(t), 'text');
  writeFileSync(path, 'ä'.repeat(textFileLimit / 2));
  assert.equal(readTextFile(path).length, textFileLimit / 2);
  writeFileSync(path, 'a'.repeat(textFileLimit + 1));
  for (const place of [path, '/dev/zero'])
    assert.throws(() => readTextFile(place), {
      code: 'invalid',
      message: `${place}: expected at most 1048576 bytes, got more`,
    });
  assert.equal(readTextFile('/dev/null'), '');
  assert.throws(() => readTextFile('/'), {
    code: 'invalid',
    message: '/: expected a text file, got a directory (EISDIR)',
  });
});

test('what was only found is a file: a pipe that nobody writes to is not waited for', t => {
  const path = join(temporaryDirectory(t), 'pipe');
  execFileSync('mkfifo', [path]);
  assert.throws(() => readTextFile(path, 'found'), {
    code: 'invalid',
    message: `${path}: expected a text file, got a pipe`,
  });
  assert.throws(() => readTextFile('/dev/zero', 'found'), {
    code: 'invalid',
    message: '/dev/zero: expected a text file, got a device',
  });
});
