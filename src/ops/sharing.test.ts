import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '../testing/command-line.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { gc } from './gc.ts';
import { sharing } from './sharing.ts';
import { untag } from './untag.ts';

test('what an image has alone is what a collection frees without it', async t => {
  const { layout } = await preparePlace(temporaryDirectory(t));
  const before = await sharing(layout);
  assert.deepEqual(
    before.images.map(({ name, total, shared, unique }) => [name, total === shared + unique]),
    [
      ['base', true],
      ['app', true],
      ['multi', true],
    ],
  );
  const multi = before.images.find(({ name }) => name === 'multi');
  await untag([`${layout}:multi`]);
  await gc(layout, { grace: '0s' });
  const after = await sharing(layout);
  assert.equal(before.total - after.total, multi?.unique);
});

test('images that begin with the same layers are drawn on one branch', async t => {
  const { layout } = await preparePlace(temporaryDirectory(t));
  const { layers } = await sharing(layout);
  assert.equal(layers.length, 1);
  const [run] = layers;
  assert.deepEqual([run?.diffIDs.length, run?.count, run?.images.map(({ name }) => name)], [1, 4, ['base']]);
  assert.deepEqual(
    run?.above.map(({ diffIDs, images }) => [
      diffIDs.length,
      images.map(({ name, platform }) => `${name} ${platform}`),
    ]),
    [[2, ['app linux/amd64', 'multi linux/amd64', 'multi linux/arm64']]],
  );
  const { out } = await runCommand(['images', layout, '--tree', '--shared']);
  assert.match(out, /^└── 1 layer \d+B shared by 4 base \(linux\/amd64\)\n {4}└── 2 layers \d+B shared by 3 app /);
  assert.match(out, /\nTOTAL +SHARED +UNIQUE +NAME\n(?:.*\n){3}\S+ +together\n$/);
});
