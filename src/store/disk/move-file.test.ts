import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { moveFile } from './move-file.ts';

const memory = '/dev/shm';

/** A directory on another file system than temporary files are; undefined, and the test is skipped, where there is none. */
function elsewhere(t: TestContext, here: string): string | undefined {
  const found = lstatSync(memory, { throwIfNoEntry: false });
  if (found === undefined || found.dev === lstatSync(here).dev) {
    t.skip(`${memory} is no file system of its own`);
    return undefined;
  }
  const directory = mkdtempSync(join(memory, 'ocikit-test-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('a file is moved to another file system, over one that is there, and nothing else is left', t => {
  const here = temporaryDirectory(t);
  const there = elsewhere(t, here);
  if (there === undefined) return;
  const [from, to] = [join(there, 'a'), join(here, 'b')];
  for (const text of ['one', 'two']) {
    writeFileSync(from, text, { mode: 0o600 });
    moveFile(from, to);
    assert.equal(readFileSync(to, 'utf8'), text);
    assert.deepEqual([lstatSync(to).mode & 0o777, existsSync(from), readdirSync(here)], [0o600, false, ['b']]);
  }
  // Whatever somebody has put beside it.
  for (const name of ['.ocikit-b', 'copy']) symlinkSync(join(there, 'outside'), join(here, name));
  writeFileSync(from, 'two again');
  moveFile(from, to);
  assert.deepEqual([readFileSync(to, 'utf8'), existsSync(join(there, 'outside'))], ['two again', false]);
  for (const name of ['.ocikit-b', 'copy']) rmSync(join(here, name));
  mkdirSync(join(here, 'c'));
  writeFileSync(from, 'three');
  assert.throws(() => moveFile(from, join(here, 'c')));
  assert.deepEqual([readFileSync(from, 'utf8'), readdirSync(here).sort()], ['three', ['b', 'c']]);
});
