import assert from 'node:assert/strict';
import { chmodSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ListingCache } from '../graph/rootfs-image.ts';
import { importRootfs } from '../ops/import-rootfs.ts';
import type { Layer } from '../spec/objects.ts';
import { tarOf } from '../testing/tar-of.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { openKeptListings } from './kept-listings.ts';
import { openLayout } from './layout/layout.ts';

/** A layout with a layer of more than a mebibyte, and a directory for what is known of layers. */
async function place(t: TestContext): Promise<{
  readonly layer: Layer;
  readonly cache: string;
  readonly list: () => Promise<readonly [unknown, boolean]>;
}> {
  const directory = temporaryDirectory(t);
  const [tar, layout, cache] = ['tar', 'layout', 'cache'].map(name => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await tarOf(tar, { one: 'x'.repeat(2 << 20), two: 'y' });
  const { layer: descriptor, diffID } = await importRootfs(tar, layout, { platform: 'linux/amd64' });
  const layer = { descriptor, diffID } as Layer;
  return {
    layer,
    cache,
    async list() {
      const source = await openLayout(layout);
      const kept = openKeptListings(cache, {});
      const isKept = (await kept.find(layer)) !== undefined;
      const { entries, size } = await new ListingCache(kept).list(source, layer, 'none');
      return [{ entries, size }, isKept];
    },
  };
}

test('of a layer that was listed before only the blob is read, and what anybody else may have written is not believed', async t => {
  const { cache, list } = await place(t);
  const [first, wasKept] = await list();
  assert.equal(wasKept, false);
  const [name = ''] = readdirSync(cache);
  assert.equal(lstatSync(cache).mode & 0o777, 0o700);
  const file = join(cache, name);
  const whole = readFileSync(file);
  assert.deepEqual(await list(), [first, true]);
  for (const spoil of [
    () => writeFileSync(file, Buffer.from(whole.toString('latin1').replace('two', 'six'), 'latin1')),
    () => {
      writeFileSync(file, whole);
      chmodSync(file, 0o666);
    },
  ]) {
    spoil();
    assert.deepEqual(await list(), [first, false]);
  }
  chmodSync(cache, 0o777);
  assert.deepEqual(await list(), [first, false]);
});

test('what is made for it is the user’s alone, whatever the umask is: what is known of contexts lies beside', async t => {
  const { cache, layer } = await place(t);
  const umask = process.umask(0o002);
  t.after(() => process.umask(umask));
  await openKeptListings(join(cache, 'layers'), {}).keep(layer, { entries: [], digests: new Map(), size: 2 << 20 });
  assert.deepEqual(
    [cache, join(cache, 'layers')].map(path => lstatSync(path).mode & 0o777),
    [0o700, 0o700],
  );
});

test('a dry run keeps nothing', async t => {
  const { cache, layer } = await place(t);
  await openKeptListings(cache, { dryRun: true }).keep(layer, { entries: [], digests: new Map(), size: 2 << 20 });
  assert.throws(() => readdirSync(cache), { code: 'ENOENT' });
  assert.equal(await openKeptListings(cache, { dryRun: true }).find(layer), undefined);
  assert.throws(() => readdirSync(cache), { code: 'ENOENT' });
});
