import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { changeDirectory, fillDirectory, randomOf } from '../testing/random-directory.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hasTools, isRoot, listTree, ocikit, run } from '../testing/witness.ts';
import { diff } from './diff.ts';
import { validate } from './validate.ts';

const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
const pathOf = (line: string): string => /^(.*) (?:link|\d+) \d+:\d+ \S* \S* ?.*$/.exec(line)?.[1] ?? line;

test('random trees of every kind come back from umoci attribute for attribute, and so do changes over them', async t => {
  if (!isRoot(t) || !hasTools(t, 'umoci')) return;
  for (const seed of seeds) {
    const place = temporaryDirectory(t);
    const root = join(place, 'root');
    mkdirSync(root);
    const random = randomOf(seed);
    for (let round = 0; round < 4; round++) fillDirectory(root, random);
    ocikit(place, 'commit', 'root', 'img:base');
    run(place, 'umoci', 'unpack', '--image', 'img:base', 'one');
    assert.deepEqual(listTree(join(place, 'one/rootfs')), listTree(root), `seed ${seed}: base by umoci`);
    ocikit(place, 'unpack', 'img:base', 'mine', '--bundle');
    assert.deepEqual(listTree(join(place, 'mine/rootfs')), listTree(root), `seed ${seed}: base by ocikit`);
    const before = listTree(root);
    for (let round = 0; round < 3; round++) changeDirectory(root, random);
    const after = listTree(root);
    const { changes } = await diff(join(place, 'img:base'), root);
    const listed = new Map(changes.map(row => [row.path, row]));
    const [beforePaths, afterPaths] = [new Set(before.map(pathOf)), new Set(after.map(pathOf))];
    // A peer that is gone is no change for the names that are left: whom a file is linked with is compared by what is unpacked.
    const alone = (line: string): string => line.slice(0, line.lastIndexOf(' '));
    const known = new Set(before.map(alone));
    const same = (line: string): boolean => known.has(alone(line));
    for (const line of after) {
      // What is not ASCII is escaped in the listing's own way.
      if (/[^ -~]/.test(line) || same(line)) continue;
      assert.ok(listed.has(pathOf(line)), `seed ${seed}: not listed: ${line}`);
    }
    for (const row of changes) {
      if (/\\x|[^ -~]/.test(row.path)) continue;
      if (row.kind === 'A')
        assert.ok(afterPaths.has(row.path) && !beforePaths.has(row.path), `seed ${seed}: ${row.path}`);
      if (row.kind === 'D')
        assert.ok(!afterPaths.has(row.path) && beforePaths.has(row.path), `seed ${seed}: ${row.path}`);
    }
    ocikit(place, 'commit', 'root', 'img:next', '--base', 'img:base');
    assert.deepEqual((await validate(join(place, 'img'))).findings, []);
    run(place, 'umoci', 'unpack', '--image', 'img:next', 'two');
    assert.deepEqual(listTree(join(place, 'two/rootfs')), after, `seed ${seed}: delta by umoci`);
    assert.deepEqual((await diff(join(place, 'img:next'), root)).changes, [], `seed ${seed}: nothing differs`);
  }
});
