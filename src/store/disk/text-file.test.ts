import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { secretLimit, textFileLimit } from '../../limits.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { readFoundText, readSmallFile, readTextFile } from './text-file.ts';

test('a small file is read whole up to its limit, and one that is larger or never ends is one error', async t => {
  const path = join(temporaryDirectory(t), 'text');
  for (const [limit, read] of [
    [textFileLimit, readTextFile],
    [textFileLimit, async place => readFoundText(place)],
    [secretLimit, async place => readSmallFile(place, { limit: secretLimit })],
  ] satisfies readonly (readonly [number, (place: string) => Promise<string | Uint8Array>])[]) {
    writeFileSync(path, 'ä'.repeat(limit / 2));
    assert.equal(String(Buffer.from(await read(path))).length, limit / 2);
    writeFileSync(path, 'a'.repeat(limit + 1));
    const message = `${path}: expected at most ${limit} bytes, got more`;
    await assert.rejects(read(path), { code: 'invalid', message });
  }
  await assert.rejects(readTextFile('/dev/zero'), { code: 'invalid', message: /at most/ });
  assert.equal(await readTextFile('/dev/null'), '');
  await assert.rejects(readTextFile('/'), { message: '/: expected a file, got a directory' });
  assert.throws(() => readFoundText('/'), {
    code: 'invalid',
    message: '/: expected a text file, got a directory (EISDIR)',
  });
});

test('a pipe that is named is waited for, as long as no signal comes', async t => {
  const path = join(temporaryDirectory(t), 'pipe');
  execFileSync('mkfifo', [path]);
  const read = readTextFile(path);
  const writer = spawn('sh', ['-c', 'echo one > "$0"', path]);
  assert.equal(await read, 'one\n');
  await once(writer, 'close');
  const stop = new AbortController();
  const waiting = readTextFile(path, stop.signal);
  setImmediate(() => stop.abort(new Error('enough')));
  await assert.rejects(waiting, { message: 'enough' });
});

test('what was only found is a file: a pipe that nobody writes to is not waited for', t => {
  const path = join(temporaryDirectory(t), 'pipe');
  execFileSync('mkfifo', [path]);
  assert.throws(() => readFoundText(path), {
    code: 'invalid',
    message: `${path}: expected a text file, got a pipe`,
  });
  assert.throws(() => readFoundText('/dev/zero'), {
    code: 'invalid',
    message: '/dev/zero: expected a text file, got a device',
  });
});
