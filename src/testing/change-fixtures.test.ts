import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fixture } from './fixtures.ts';

const sources = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Of what no test has: why. */
const reasons: ReadonlyMap<string, string> = new Map([
  [
    'rootless/fakeroot-save.txt',
    "fakeroot's state is keyed by device and inode, which no copy keeps, and knows no extended attributes: what a disk cannot show is said by path here, in an mtree",
  ],
]);

/** All that tests say, this one left out. */
function saidByTests(): string {
  return readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.test.ts') && !name.endsWith('change-fixtures.test.ts'))
    .map(name => readFileSync(join(sources, name), 'utf8'))
    .join('\n');
}

test('every input for changing images is read by a test, by itself or through its table, or it is said why not', t => {
  const root = fixture(t, 'change');
  if (root === undefined) return;
  const said = saidByTests();
  const isRead = (path: string): boolean => said.includes(`'change/${path}'`);
  const rooms = readdirSync(root, { withFileTypes: true }).filter(entry => entry.isDirectory());
  const places = rooms.flatMap(room => readdirSync(join(root, room.name)).map(name => `${room.name}/${name}`));
  const tables = places.filter(path => path.endsWith('.json') && isRead(path));
  const listed = tables.map(path => readFileSync(join(root, path), 'utf8')).join('\n');
  assert.deepEqual(
    places.filter(path => !isRead(path) && !isRead(dirname(path)) && !listed.includes(`"${path}"`)),
    [...reasons.keys()],
  );
});
