import assert from 'node:assert/strict';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createContentHash } from '../engine/content-hash.ts';
import { openRootfsDirectory } from '../store/rootfs/directory.ts';
import { fileAt } from '../testing/described-tree.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hostPlatform } from '../testing/verb-use.ts';
import { impliedMeta } from '../tree/node.ts';
import { append } from './append.ts';
import { commitLayer } from './commit-layer.ts';
import { ContentFiles } from './content-files.ts';

function hashOf(bytes: Uint8Array): string {
  const hasher = createContentHash();
  hasher.update(bytes);
  return hasher.digest();
}

test('a file has the contents that it was read with, whoever owns it by then, and they are compared as all others are', async t => {
  const place = temporaryDirectory(t);
  writeFileSync(join(place, 'a'), 'contents');
  const [rootfs, files] = [openRootfsDirectory(place), new ContentFiles()];
  await files.addRootfs(rootfs, await rootfs.tree(), {});
  const own = fileAt(await rootfs.tree(), 'a');
  const other = { ...own, meta: { ...own.meta, uid: 7 } };
  const zeros = files.inline(new Uint8Array(1 << 17), impliedMeta);
  const digests = await files.digests(new Set([own, other, zeros]));
  assert.deepEqual(
    [own, other, zeros].map(file => digests.get(file)),
    [hashOf(Buffer.from('contents')), hashOf(Buffer.from('contents')), hashOf(new Uint8Array(1 << 17))],
  );
  assert.equal(Buffer.concat([...files.body('anywhere', other)]).toString(), 'contents');
});

test('what a tar has brought already, holes as well, makes no layer when it is added again', async t => {
  const place = temporaryDirectory(t);
  const { layout } = await preparePlace(join(place));
  const source = join(place, 'zeros');
  mkdirSync(source);
  writeFileSync(join(source, 'zeros'), new Uint8Array(1 << 17), { mode: 0o644 });
  utimesSync(join(source, 'zeros'), 1_700_000_000, 1_700_000_000);
  await commitLayer(source, join(place, 'zeros.tar'), { owner: '0:0' });
  const steps = [{ tar: join(place, 'zeros.tar') }, { add: join(source, 'zeros'), to: '/zeros' }];
  const { images } = await append(`${layout}:app`, steps, { hostPlatform, tag: 'new' });
  assert.deepEqual(
    images.map(({ layers, changes }) => [layers.length, changes]),
    [[1, 0]],
  );
});
