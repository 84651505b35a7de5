import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mountsIn, mountWarnings } from './mounts.ts';

const line = (point: string): string => `36 35 98:0 /mnt1 ${point} rw,noatime master:1 - ext3 /dev/root rw\n`;
const mounts = (root: string, ...points: readonly string[]): readonly string[] => [
  ...mountsIn(points.map(line).join(''), root),
];

test('mounts below a root are found by their paths, whatever their device', () => {
  assert.deepEqual(mounts('/r', '/', '/r', '/r/proc', '/r/dev/pts', '/rest/x', '/other'), ['proc', 'dev/pts']);
  assert.deepEqual(mounts('/', '/', '/proc', '/sys/fs'), ['proc', 'sys/fs']);
});

test('names are unescaped byte by byte', () => {
  assert.deepEqual(mounts('/a b', '/a\\040b/x\\011y', '/a\\040b/caf\xc3\xa9', '/a\\040b/b\\134c'), [
    'x\ty',
    'caf\xc3\xa9',
    'b\\c',
  ]);
});

test('what was mounted over afterwards is no mount that can be seen', () => {
  assert.deepEqual(mounts('/m/r', '/m/r/proc', '/m'), []);
  assert.deepEqual(mounts('/m/r', '/m/r/a/b', '/m/r/a', '/m/r/a/c'), ['a', 'a/c']);
});

test('mounts are named in one sentence, many of them in part', () => {
  assert.deepEqual(mountWarnings(new Set()), []);
  assert.deepEqual(mountWarnings(new Set(['proc'])), [
    '/proc: a mount, which is not walked and stays as it is in the base',
  ]);
  const [sentence, ...others] = mountWarnings(new Set(['b', 'a', ...Array.from({ length: 9 }, (_, at) => `m${at}`)]));
  assert.match(sentence ?? '', /^\/a, \/b, \/m0, .* and 3 more: mounts, which/);
  assert.equal(others.length, 0);
});
