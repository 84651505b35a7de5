import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import type { Descriptor, ImageIndex } from '../spec/objects.ts';
import { parsePlatform } from '../spec/platform.ts';
import { refusal } from '../testing/answers.ts';
import { MemoryLayout } from '../testing/memory-layout.ts';
import { convertGraph } from './convert-graph.ts';
import { neededBlobs } from './copy-graph.ts';
import { embeddedData } from './embedded-data.ts';
import { findByDigest, findEntry } from './find-entry.ts';
import { openStoredLayer } from './layer-label.ts';
import { pickImage } from './pick-image.ts';

const emptyTar = Buffer.alloc(1024);
interface Types {
  readonly manifest: string;
  readonly config: string;
  readonly layer: string;
}

const oci: Types = {
  manifest: mediaTypes.manifest,
  config: mediaTypes.config,
  layer: 'application/vnd.oci.image.layer.v1.tar',
};
const docker: Types = {
  manifest: mediaTypes.dockerManifest,
  config: mediaTypes.dockerConfig,
  layer: 'application/vnd.docker.image.rootfs.diff.tar',
};

/** Puts an image of one empty layer into a layout; its entry says a platform only where `said`. */
function putImage(layout: MemoryLayout, platform: string, { types = oci, said = true } = {}): Descriptor {
  const { os, architecture, variant } = parsePlatform(platform);
  const layer = layout.add(emptyTar, types.layer);
  const value = {
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  };
  const config = layout.add(Buffer.from(JSON.stringify(value)), types.config);
  const manifest = { schemaVersion: 2, mediaType: types.manifest, config, layers: [layer] };
  const descriptor = layout.add(Buffer.from(JSON.stringify(manifest)), types.manifest);
  return said ? { ...descriptor, platform: parsePlatform(platform) } : descriptor;
}

function putIndex(layout: MemoryLayout, manifests: readonly Descriptor[]): Descriptor {
  const document = encodeDocument(
    { schemaVersion: 2, mediaType: mediaTypes.index, manifests } as ImageIndex,
    mediaTypes.index,
  );
  return layout.add(document.bytes, mediaTypes.index);
}

async function readJson<T>(layout: MemoryLayout, descriptor: Descriptor): Promise<T> {
  return JSON.parse(Buffer.from(await layout.read(descriptor)).toString()) as T;
}

test('the only image of an index is taken, whatever it is for; of several, that of this machine or of none', async () => {
  const layout = new MemoryLayout();
  const [one, other] = ['linux/s390x', 'linux/riscv64'].map(platform => putImage(layout, platform)) as [
    Descriptor,
    Descriptor,
  ];
  const options = { subject: 'memory', hostPlatform: parsePlatform('linux/amd64') };
  assert.equal(
    (await pickImage(layout, putIndex(layout, [one]), options)).image.manifest.descriptor.digest,
    one.digest,
  );
  await assert.rejects(
    pickImage(layout, putIndex(layout, [one, other]), options),
    refusal(/linux\/riscv64, linux\/s390x/),
  );
});

test('the only image of an index is not taken for another platform than its own', async () => {
  const layout = new MemoryLayout();
  const index = putIndex(layout, [putImage(layout, 'linux/arm64')]);
  const options = { subject: 'img', platform: 'linux/amd64' };
  await assert.rejects(pickImage(layout, index, options), refusal(/linux\/arm64/, 'not-found'));
});

test('a fault of the place is no answer about an image', async () => {
  const layout = new MemoryLayout();
  const manifests = ['linux/amd64', 'linux/arm64'].map(platform => putImage(layout, platform, { said: false }));
  const index = putIndex(layout, manifests);
  const broken = Object.assign(new MemoryLayout(), layout, {
    read: (descriptor: Descriptor) =>
      descriptor.digest === index.digest ? layout.read(descriptor) : Promise.reject(new TypeError('fault')),
  });
  await assert.rejects(pickImage(broken, index, { subject: 'memory', platform: 'linux/amd64' }), TypeError);
  await assert.rejects(findByDigest(broken, manifests, 'sha256:0123456789'), TypeError);
});

test('an image that cannot be read is no reason not to take another, and else it is the answer', async () => {
  const layout = new MemoryLayout();
  const good = putImage(layout, 'linux/amd64', { said: false });
  const bad = layout.add(Buffer.from('{'), mediaTypes.manifest);
  const options = { subject: 'memory', platform: 'linux/amd64' };
  const { image } = await pickImage(layout, putIndex(layout, [bad, good]), options);
  assert.equal(image.manifest.descriptor.digest, good.digest);
  const arm = { ...options, platform: 'linux/arm64' };
  await assert.rejects(pickImage(layout, putIndex(layout, [bad, good]), arm), refusal(/JSON/, 'invalid'));
});

test('what is about an image, and has no name, leaves it the only one', async () => {
  const layout = new MemoryLayout();
  const image = putImage(layout, 'linux/amd64');
  const about = {
    ...putImage(layout, 'linux/arm64'),
    platform: parsePlatform('unknown/unknown'),
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': image.digest },
  };
  const blob = layout.add(Buffer.from('{}'), 'application/json');
  const value = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [blob, about, image] } as ImageIndex;
  const found = await findEntry(layout, encodeDocument(value, mediaTypes.index), {});
  assert.equal(found.descriptor.digest, image.digest);
});

test('of an index the best image for each platform is kept', async () => {
  const layout = new MemoryLayout();
  const images = ['linux/arm/v5', 'linux/arm/v7', 'linux/arm/v6', 'linux/amd64'].map(platform =>
    putImage(layout, platform),
  );
  const root = putIndex(layout, images);
  const { graph } = await neededBlobs(layout, [root]);
  const store = new MemoryLayout();
  const { descriptor } = await convertGraph(
    layout,
    { graph, root },
    { store, platforms: [parsePlatform('linux/arm/v7')] },
  );
  const { manifests } = await readJson<ImageIndex>(store, descriptor);
  assert.deepEqual(
    manifests.map(({ digest }) => digest),
    [images[1]?.digest],
  );
});

test('docker’s image stays docker’s where only its layers are stored in another way', async () => {
  const layout = new MemoryLayout();
  for (const [types, gzip] of [
    [docker, '.gzip'],
    [oci, '+gzip'],
  ] as const) {
    const root = putImage(layout, 'linux/amd64', { types });
    const { graph } = await neededBlobs(layout, [root]);
    const store = new MemoryLayout();
    const { descriptor } = await convertGraph(layout, { graph, root }, { store, compress: { compression: 'gzip' } });
    const manifest = await readJson<{ mediaType: string; layers: readonly Descriptor[] }>(store, descriptor);
    assert.deepEqual(
      [descriptor.mediaType, manifest.mediaType, manifest.layers[0]?.mediaType],
      [types.manifest, types.manifest, `${types.layer}${gzip}`],
    );
  }
});

test('a descriptor whose data is null carries none', async () => {
  const descriptor = { mediaType: 'x', digest: 'sha256:00', size: 0, data: null } as unknown as Descriptor;
  assert.equal(await embeddedData(descriptor, 'memory'), undefined);
});

test('an entry is found by all of its digest, with its algorithm or without, before anything is read', async () => {
  const layout = new MemoryLayout();
  const digest = `sha256:${'a'.repeat(64)}`;
  const entries = [{ mediaType: mediaTypes.manifest, digest, size: 3 }] as readonly Descriptor[];
  for (const prefix of [digest, 'a'.repeat(64)]) assert.equal(await findByDigest(layout, entries, prefix), entries[0]);
  assert.deepEqual([layout.reads, layout.looks], [0, 0]);
});

test('a layer is what its bytes begin like, and what its media type says where they begin like nothing', async () => {
  const layout = new MemoryLayout();
  const gzipped = layout.add(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0]), oci.layer);
  const odd = layout.add(emptyTar, `${oci.layer}+zstd`);
  const stored = async (layer: Descriptor, mayBePlain: boolean): Promise<string> =>
    (await openStoredLayer(layout, layer, { mayBePlain })).compression;
  for (const mayBePlain of [true, false]) assert.equal(await stored(gzipped, mayBePlain), 'gzip');
  assert.deepEqual([await stored(odd, true), await stored(odd, false)], ['none', 'zstd']);
});

test('what attests an image attests it as well when its layers are stored in another way', async () => {
  const layout = new MemoryLayout();
  const [image, statement] = [putImage(layout, 'linux/amd64'), putImage(layout, 'linux/arm64', { said: false })];
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': image.digest,
  };
  const platform = { os: 'unknown', architecture: 'unknown' };
  const root = putIndex(layout, [image, { ...statement, platform, annotations }]);
  const { graph } = await neededBlobs(layout, [root]);
  const store = new MemoryLayout();
  const made = await convertGraph(layout, { graph, root }, { store, compress: { compression: 'gzip' } });
  const [first, second] = (await readJson<ImageIndex>(store, made.descriptor)).manifests;
  assert.notEqual(first?.digest, image.digest);
  assert.equal(second?.annotations?.['vnd.docker.reference.digest'], first?.digest);
});
