import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { once } from '../../stream/once.ts';
import { refusal } from '../../testing/answers.ts';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { writeFileAtomic } from './file-target.ts';

test('no file takes the place of a directory, nor of a link to one, however it is spelled', async t => {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'directory'));
  symlinkSync('directory', join(place, 'link'));
  symlinkSync('file', join(place, 'to-file'));
  const write = (name: string): Promise<void> =>
    writeFileAtomic(`${place}/${name}`, once(Buffer.from(name)), { mode: 0o600 });
  for (const name of ['directory', 'directory/', 'link', 'link/', 'link/.'])
    await assert.rejects(write(name), refusal(/: expected a place for a file, got a directory$/, 'conflict'), name);
  assert.ok(lstatSync(join(place, 'link')).isSymbolicLink());
  await write('to-file');
  assert.equal(readFileSync(join(place, 'to-file'), 'utf8'), 'to-file');
  assert.deepEqual(readdirSync(place).sort(), ['directory', 'link', 'to-file']);
});
