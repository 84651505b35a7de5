import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OciError } from '../errors.ts';
import { readImage } from '../graph/image-reader.ts';
import { type DiffID, diffIDOf } from '../spec/digest.ts';
import { encodeDocument } from '../spec/document.ts';
import { withName } from '../spec/name.ts';
import type { Image } from '../spec/objects.ts';
import { openLayout } from '../store/layout/layout.ts';
import { once } from '../stream/once.ts';
import { tarOf } from '../testing/tar-of.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commit } from './commit.ts';
import { copy } from './copy.ts';
import { diff } from './diff.ts';
import { exportImage, exportStream } from './export-image.ts';
import { load } from './load.ts';
import { save } from './save.ts';
import { unpack } from './unpack.ts';
import { validate } from './validate.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };

interface Place {
  readonly place: string;
  readonly layout: string;
  /** A root filesystem to commit. */
  readonly rootfs: string;
}

async function imageOf(layout: string, name: string): Promise<Image> {
  const store = await openLayout(layout);
  const entry = (await store.index()).value.manifests.find(({ annotations }) =>
    Object.values(annotations ?? {}).includes(name),
  );
  assert.ok(entry);
  return readImage(store, entry);
}

/** The image `name` under another name, with other diffIDs claimed. */
async function lie(layout: string, name: string, diffIDs: readonly DiffID[]): Promise<void> {
  const store = await openLayout(layout);
  const { manifest, config } = await imageOf(layout, name);
  const rootfs = { ...config.value.rootfs, diff_ids: diffIDs };
  const claim = encodeDocument({ ...config.value, rootfs }, config.descriptor.mediaType);
  const made = encodeDocument({ ...manifest.value, config: claim.descriptor }, manifest.descriptor.mediaType);
  for (const { bytes } of [claim, made]) await store.put(once(bytes));
  await store.updateIndex(index => withName(index, 'lying', made.descriptor));
}

/** Two images of two layers each, `a` and `b`. */
async function twoImages(t: TestContext): Promise<Place> {
  const place = temporaryDirectory(t);
  const [layout, rootfs] = [join(place, 'l'), join(place, 'rootfs')];
  mkdirSync(rootfs);
  for (const name of ['a', 'b']) {
    writeFileSync(join(rootfs, 'file'), `first of ${name}`);
    await commit(rootfs, `${layout}:first-${name}`, { hostPlatform });
    writeFileSync(join(rootfs, 'file'), `second of ${name}`);
    await commit(rootfs, `${layout}:${name}`, { base: `${layout}:first-${name}` });
  }
  return { place, layout, rootfs };
}

/** Every way to read the layers of `lying`; what is to be written is `out`. */
const readings: Readonly<Record<string, (place: Place, out: string) => Promise<unknown>>> = {
  'diff with another image': ({ layout }) => diff(`${layout}:a`, `${layout}:lying`),
  'diff the other way round': ({ layout }) => diff(`${layout}:lying`, `${layout}:a`),
  'diff with a directory': ({ layout, rootfs }) => diff(`${layout}:lying`, rootfs),
  commit: ({ layout, rootfs }, out) => commit(rootfs, `${out}:x`, { base: `${layout}:lying` }),
  export: ({ layout }, out) => exportImage(`${layout}:lying`, out),
  'export as a stream': ({ layout }) => exportStream(`${layout}:lying`),
  unpack: ({ layout }, out) => unpack(`${layout}:lying`, out),
  'unpack into a bundle': ({ layout }, out) => unpack(`${layout}:lying`, out, { bundle: true }),
  'save for old docker': ({ layout }, out) => save([`${layout}:lying`], out, { format: 'docker' }),
  'save for old docker beside a true image': ({ layout }, out) =>
    save([`${layout}:a`, `${layout}:lying`], out, { format: 'docker' }),
  'copy that recompresses': ({ layout }, out) => copy(`${layout}:lying`, `${out}:x`, { compression: 'zstd' }),
  'copy that finds layers compressed': ({ layout }, out) =>
    copy(`${layout}:lying`, `${out}:x`, { compression: 'gzip' }),
  'copy into an archive that recompresses': ({ layout }, out) =>
    copy(`${layout}:lying`, `oci-archive:${out}:x`, { compression: 'none' }),
  'copy into a docker-archive': ({ layout }, out) => copy(`${layout}:lying`, `docker-archive:${out}:x`),
  validate: async ({ layout }) => {
    const { findings } = await validate(`${layout}:lying`);
    const found = findings.find(({ message }) => /diffID/.test(message));
    if (found !== undefined) throw new OciError('invalid', found.subject, found.message);
  },
};

/** What may be claimed for `b`: a diffID of nothing, that of a layer of `a`, and those of its own in another order. */
const lies: Readonly<Record<string, (a: readonly DiffID[], b: readonly DiffID[]) => readonly (DiffID | undefined)[]>> =
  {
    'a diffID of nothing for the lower layer': (_, b) => [diffIDOf('0'.repeat(64)), b[1]],
    'a diffID of nothing for the upper layer': (_, b) => [b[0], diffIDOf('0'.repeat(64))],
    'the diffIDs of another image': a => a,
    'the lower diffID of another image': (a, b) => [a[0], b[1]],
    'its diffIDs in another order': (_, b) => [b[1], b[0]],
  };

for (const [what, claim] of Object.entries(lies)) {
  test(`an image that claims ${what} is refused by everything that reads its layers, and nothing is written`, async t => {
    const place = await twoImages(t);
    const [a, b] = [await imageOf(place.layout, 'a'), await imageOf(place.layout, 'b')];
    const claimed = claim(a.config.value.rootfs.diff_ids, b.config.value.rootfs.diff_ids);
    await lie(place.layout, 'b', claimed as readonly DiffID[]);
    const before = readdirSync(place.place);
    for (const [reading, read] of Object.entries(readings)) {
      const out = join(place.place, 'out');
      await assert.rejects(
        read(place, out),
        (error: unknown) => {
          assert.ok(error instanceof OciError, `${reading}: ${error instanceof Error ? error.stack : error}`);
          assert.equal(error.code, 'invalid', reading);
          return true;
        },
        reading,
      );
      assert.deepEqual(readdirSync(place.place), before, reading);
    }
  });
}

/** A docker-archive of one image whose only layer is not what its config says. */
async function lyingArchive(
  place: string,
  layers: Readonly<Record<string, Uint8Array>>,
  diffID: DiffID,
): Promise<string> {
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [diffID] } };
  const manifest = Object.keys(layers).map(name => ({
    Config: 'config.json',
    RepoTags: [`x:${name.slice(0, 1)}`],
    Layers: [name],
  }));
  return tarOf(join(place, 'archive.tar'), {
    'config.json': JSON.stringify(config),
    ...layers,
    'manifest.json': JSON.stringify(manifest),
  });
}

test('load, copy and save refuse the same docker-archives', async t => {
  const { place, layout } = await twoImages(t);
  const { manifest, config } = await imageOf(layout, 'first-a');
  const other = await imageOf(layout, 'first-b');
  const blob = (digest = ''): Uint8Array => readFileSync(join(layout, 'blobs', digest.replace(':', '/')));
  const compressed = blob(other.manifest.value.layers[0]?.digest);
  const [claimed] = config.value.rootfs.diff_ids;
  assert.ok(claimed);
  const plain = join(place, 'plain');
  await copy(`${layout}:first-a`, `${plain}:a`, { compression: 'none' });
  await copy(`${layout}:first-b`, `${plain}:b`, { compression: 'none' });
  const tarOfImage = async (name: string): Promise<Uint8Array> => {
    const [layer] = (await imageOf(plain, name)).manifest.value.layers;
    return readFileSync(join(plain, 'blobs', (layer?.digest ?? '').replace(':', '/')));
  };
  const [truth, falsehood] = [await tarOfImage('a'), await tarOfImage('b')];
  assert.equal(truth.length, falsehood.length);
  assert.ok(manifest);
  for (const layers of [
    { 'a.tar': compressed },
    { 'a.tar': falsehood },
    { 'a.tar': falsehood, 'b.tar': truth },
    { 'a.tar': truth, 'b.tar': falsehood },
  ]) {
    const archive = await lyingArchive(place, layers, claimed);
    const out = join(place, 'out');
    const refused = (error: unknown): boolean => error instanceof OciError && error.code === 'invalid';
    await assert.rejects(load(archive, out), refused);
    await assert.rejects(copy(`${archive}:x:a`, `${out}:x`), refused);
    await assert.rejects(copy(`${archive}:x:a`, `oci-archive:${out}:x`), refused);
    for (const format of ['universal', 'oci', 'docker'] as const)
      await assert.rejects(save([`${archive}:x:a`], out, { format }), refused, format);
    assert.ok(!existsSync(out));
  }
});

test('what an archive says twice, as a layout and as docker, is taken alike whichever part is asked; what only docker says is proved', async t => {
  const { place, layout } = await twoImages(t);
  const [a, b] = [await imageOf(layout, 'first-a'), await imageOf(layout, 'first-b')];
  await lie(layout, 'first-b', a.config.value.rootfs.diff_ids);
  const both = join(place, 'both.tar');
  await save([`${layout}:lying`], both);
  await load(both, join(place, 'loaded'));
  const { manifest } = await copy(`docker-archive:${both}`, `${join(place, 'copied')}:x`);
  assert.ok(manifest);
  for (const made of ['loaded', 'copied'])
    assert.ok(
      (await validate(join(place, made))).findings.some(({ message }) => /diffID/.test(message)),
      made,
    );

  const config = (await imageOf(layout, 'lying')).config;
  const names = ['blobs/sha256/', 'config.json', 'index.json', 'oci-layout', 'manifest.json'];
  const blob = (digest: string): Uint8Array => readFileSync(join(layout, 'blobs', digest.replace(':', '/')));
  const [layer] = b.manifest.value.layers;
  const contents = [
    '',
    config.bytes,
    JSON.stringify({ schemaVersion: 2, manifests: [] }),
    '{"imageLayoutVersion":"1.0.0"}',
    JSON.stringify([{ Config: 'config.json', RepoTags: ['x:b'], Layers: ['layer.tar'] }]),
  ];
  const archive = await tarOf(join(place, 'docker-says.tar'), {
    'layer.tar': blob(layer?.digest ?? ''),
    ...Object.fromEntries(names.map((name, at) => [name, contents[at] ?? ''])),
  });
  const out = join(place, 'out');
  const refused = (error: unknown): boolean => error instanceof OciError && error.code === 'invalid';
  await assert.rejects(load(archive, out), refused);
  await assert.rejects(copy(`docker-archive:${archive}`, `${out}:x`), refused);
  assert.ok(!existsSync(out));
});
