import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { digestOf } from '../spec/digest.ts';
import { layerTar, type MadeDescriptor, makeLayout, putImage, putJson } from '../testing/layout-files.ts';
import { directory } from '../testing/scripts.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { copy } from './copy.ts';
import { diff } from './diff.ts';
import { exportImage } from './export-image.ts';
import { history } from './history.ts';
import { images } from './images.ts';
import { inspect, inspectRaw } from './inspect.ts';
import { load } from './load.ts';
import { save } from './save.ts';
import { tag } from './tag.ts';
import { unpack } from './unpack.ts';
import { untag } from './untag.ts';
import { validate } from './validate.ts';

const hostPlatform = { os: 'linux', architecture: 'arm64' };
const refName = 'org.opencontainers.image.ref.name';
const indexType = 'application/vnd.oci.image.index.v1+json';
type Entry = Omit<MadeDescriptor, 'platform'> & { readonly platform?: object };
interface Document {
  readonly mediaType?: string;
  readonly manifests: readonly Entry[];
}

const indexIn = (layout: string): Document => JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'));
const writeIndex = (layout: string, manifests: readonly Entry[]): void =>
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }));

/** A layout whose index.json is the index of an image for amd64 and arm64, each with this name, and an attestation about one. */
function layoutOf(t: TestContext, name?: string): { readonly place: string; readonly layout: string } {
  const place = temporaryDirectory(t);
  const layout = makeLayout(join(place, 'L'));
  const annotations = name === undefined ? {} : { annotations: { [refName]: name } };
  const entries: Entry[] = ['amd64', 'arm64'].map(architecture => {
    const tar = layerTar([{ kind: 'node', path: architecture, node: directory() }]);
    return { ...putImage(layout, { architecture, layers: [{ tar }] }), ...annotations };
  });
  const config = putJson(layout, 'application/vnd.oci.image.config.v1+json', {
    architecture: 'unknown',
    os: 'unknown',
    rootfs: { type: 'layers', diff_ids: [] },
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const attestation: Entry = {
    ...putJson(layout, mediaType, { schemaVersion: 2, mediaType, config, layers: [] }),
    platform: { architecture: 'unknown', os: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': entries[0]?.digest ?? '',
    },
  };
  writeIndex(layout, [...entries, attestation]);
  return { place, layout };
}

for (const name of [undefined, 'v1']) {
  const title = name === undefined ? 'without names' : 'with one name on each entry';
  const at = (layout: string): string => (name === undefined ? layout : `${layout}:${name}`);

  test(`an index.json that is the index itself, ${title}, is one image: a platform picks, the host's is the default`, async t => {
    const { place, layout } = layoutOf(t, name);
    const image = at(layout);
    for (const [platform, architecture] of [
      ['linux/amd64', 'amd64'],
      ['linux/arm64', 'arm64'],
      [undefined, 'arm64'],
    ] as const) {
      const choice = { hostPlatform, ...(platform === undefined ? {} : { platform }) };
      const [object] = await inspect([image], choice);
      assert.equal((object as { Architecture?: string }).Architecture, architecture);
      assert.equal((await history(image, choice)).length, 1);
      const config = JSON.parse(Buffer.from(await inspectRaw(image, 'config', choice)).toString());
      assert.equal(config.architecture, architecture);
      const out = join(place, `${platform?.replace('/', '-')}`);
      await unpack(image, out, { ...choice, rootless: true });
      assert.deepEqual((await diff(image, out, choice)).changes, []);
      await exportImage(image, `${out}.tar`, choice);
      await copy(image, `${out}-copy:one`, { hostPlatform, platforms: platform === undefined ? [] : [platform] });
      const [only] = await inspect([`${out}-copy:one`]);
      assert.equal((only as { Architecture?: string }).Architecture, architecture);
    }
    await assert.rejects(
      inspect([image], { platform: 'linux/s390x' }),
      /expected an image for linux\/s390x, got linux/,
    );
    assert.deepEqual((await validate(image)).findings, []);
    assert.equal((await images([layout])).length, 2);
  });

  test(`all of an index.json that is the index itself, ${title}, is copied, saved and loaded as one index`, async t => {
    const { place, layout } = layoutOf(t, name);
    const members = indexIn(layout).manifests.map(({ digest }) => digest);
    const { manifest } = await copy(at(layout), join(place, 'out:all'), { all: true });
    await save([at(layout)], join(place, 'saved.tar'), { format: 'oci' });
    await load(join(place, 'saved.tar'), join(place, 'loaded'));
    for (const made of ['out', 'loaded']) {
      const { manifests } = indexIn(join(place, made));
      assert.deepEqual(
        manifests.map(({ digest, mediaType }) => [digest, mediaType]),
        [[manifest, indexType]],
      );
      const blob = readFileSync(join(place, made, 'blobs/sha256', manifest.slice('sha256:'.length)));
      assert.deepEqual(
        (JSON.parse(blob.toString()) as Document).manifests.map(({ digest }) => digest),
        members,
      );
      assert.deepEqual((await validate(join(place, made))).findings, []);
    }
    const ownBytes = digestOf(readFileSync(join(layout, 'index.json')));
    assert.equal(manifest === ownBytes, name === undefined, 'where nothing is named the bytes are those of index.json');
  });
}

test('load keeps both images of an archive that gives them one name: as one index', async t => {
  const { place, layout } = layoutOf(t, 'v1');
  const members = indexIn(layout).manifests.map(({ digest }) => digest);
  const result = await load(layout, join(place, 'loaded'));
  assert.deepEqual(
    result.images.map(({ name }) => name),
    ['v1'],
  );
  const [entry] = indexIn(join(place, 'loaded')).manifests;
  const blob = readFileSync(join(place, 'loaded/blobs/sha256', entry?.digest.slice('sha256:'.length) ?? ''));
  assert.deepEqual(
    (JSON.parse(blob.toString()) as Document).manifests.map(({ digest }) => digest),
    members,
  );
});

test('tag gives all of it a name of its own, and untag takes the name from all of it', async t => {
  const { layout } = layoutOf(t, 'v1');
  const { digest } = await tag(`${layout}:v1`, ['whole']);
  assert.equal((await inspect([`${layout}:whole`], { platform: 'linux/amd64' })).length, 1);
  assert.ok(readFileSync(join(layout, 'blobs/sha256', digest.slice('sha256:'.length))).length > 0);
  await untag([`${layout}:v1`]);
  const names = indexIn(layout).manifests.map(({ annotations }) => annotations?.[refName]);
  assert.deepEqual(names, [undefined, undefined, undefined, 'whole']);
});

test('entries of two names, of one platform twice, or without a platform are several images as before', async t => {
  const { layout } = layoutOf(t);
  const [amd64, arm64] = indexIn(layout).manifests;
  assert.ok(amd64 && arm64);
  const named = (entry: Entry, name: string): Entry => ({ ...entry, annotations: { [refName]: name } });
  const { platform: _, ...bare } = arm64;
  for (const entries of [
    [named(amd64, 'a'), named(arm64, 'b')],
    [amd64, { ...arm64, ...(amd64.platform === undefined ? {} : { platform: amd64.platform }) }],
    [amd64, bare],
  ]) {
    writeIndex(layout, entries);
    await assert.rejects(inspect([layout]), /expected one image, got several/);
  }
});
