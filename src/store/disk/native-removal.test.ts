import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../testing/temporary.ts';
import { loadNative } from './native.ts';
import { removeTree } from './remove-tree.ts';

const native = loadNative();

test('a name is removed from the directory that is open, wherever that is by now: no directory, and nothing that a link leads to', t => {
  if (native === undefined) return t.skip('needs the optional package koffi');
  const parent = temporaryDirectory(t);
  const place = join(parent, 'place');
  mkdirSync(join(place, 'directory'), { recursive: true });
  writeFileSync(join(parent, 'outside'), '');
  writeFileSync(join(place, 'caf\u00e9'), '');
  linkSync(join(parent, 'outside'), join(place, 'hard'));
  symlinkSync('../outside', join(place, 'soft'));
  const file = openSync(place, 'r');
  renameSync(place, join(parent, 'moved'));
  const names = readdirSync(join(parent, 'moved'), { encoding: 'buffer' });
  const removed = names.filter(name => native.unlinkAt(file, name)).map(String);
  assert.deepEqual(removed.sort(), ['caf\u00e9', 'hard', 'soft']);
  assert.equal(native.unlinkAt(file, Buffer.from('none')), false);
  closeSync(file);
  assert.deepEqual(readdirSync(join(parent, 'moved')), ['directory']);
  assert.equal(existsSync(join(parent, 'outside')), true);
});

test('of a tree of many files each is removed by one native call', async t => {
  if (native === undefined) return t.skip('needs the optional package koffi');
  const place = join(temporaryDirectory(t), 'tree');
  for (let at = 0; at < 300; at++) {
    mkdirSync(join(place, `${at % 7}`), { recursive: true });
    writeFileSync(join(place, `${at % 7}`, `${at}`), '');
  }
  const { mock } = t.mock.method(native, 'unlinkAt');
  await removeTree(place);
  assert.equal(existsSync(place), false);
  assert.deepEqual(
    mock.calls.map(({ result }) => result),
    new Array(300).fill(true),
  );
});

// What holds for a tree that is removed through paths holds for one that is removed so.
if (native !== undefined) await import('./remove-tree.test.ts');

test('a thread takes a part of many files away, and directories are let go of', async t => {
  if (native === undefined) return t.skip('needs the optional package koffi');
  const place = join(temporaryDirectory(t), 'tree');
  for (let at = 0; at < 3000; at++) {
    mkdirSync(join(place, `${at % 70}`), { recursive: true });
    writeFileSync(join(place, `${at % 70}`, `caf\u00e9 ${at}`), '');
  }
  const open = readdirSync('/proc/self/fd').length;
  const { mock } = t.mock.method(native, 'unlinkAt');
  await removeTree(place, 0);
  assert.equal(existsSync(place), false);
  assert.ok(mock.callCount() < 3000);
  assert.equal(readdirSync('/proc/self/fd').length, open);
});
