import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import type { Descriptor, ImageIndex } from '../spec/objects.ts';
import { parsePlatform } from '../spec/platform.ts';
import { refusal } from '../testing/answers.ts';
import { MemoryLayout } from '../testing/memory-layout.ts';
import { imagesByPlatform, pickImage } from './pick-image.ts';

/** An image of no layer; `mark` makes it another one. */
function putImage(layout: MemoryLayout, platform: string, mark = ''): Descriptor {
  const value = { ...parsePlatform(platform), author: mark, rootfs: { type: 'layers', diff_ids: [] } };
  const config = layout.add(Buffer.from(JSON.stringify(value)), mediaTypes.config);
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [] };
  return layout.add(Buffer.from(JSON.stringify(manifest)), mediaTypes.manifest);
}

const saying = (descriptor: Descriptor, platform: string): Descriptor => ({
  ...descriptor,
  platform: parsePlatform(platform),
});

function putIndex(layout: MemoryLayout, manifests: readonly Descriptor[]): Descriptor {
  const value: ImageIndex = { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
  return layout.add(encodeDocument(value, mediaTypes.index).bytes, mediaTypes.index);
}

const subject = 'img:app';
const hostPlatform = parsePlatform('linux/amd64');

test('an index that lists no image has none to pick, and the only one that is listed has to be there', async () => {
  const layout = new MemoryLayout();
  const image = putImage(layout, 'linux/amd64');
  const attestation = saying(image, 'unknown/unknown');
  for (const manifests of [[], [attestation]])
    for (const platform of [undefined, 'linux/amd64'])
      await assert.rejects(
        pickImage(layout, putIndex(layout, manifests), { subject, ...(platform === undefined ? {} : { platform }) }),
        (error: Error & { hint?: string }) =>
          refusal(/^img:app: expected an image, got nothing/, 'not-found')(error) &&
          error.hint === 'the index lists none',
      );
  layout.blobs.delete(image.digest);
  await assert.rejects(pickImage(layout, putIndex(layout, [image]), { subject }), refusal(/expected a blob/));
});

test('of several the one for the host is taken, whatever runs there, and none where none is for it', async () => {
  const layout = new MemoryLayout();
  const platforms = ['linux/arm64', 'windows/amd64', 'linux/amd64', 'linux/arm/v6'];
  const images = platforms.map(platform => putImage(layout, platform));
  const index = putIndex(layout, images);
  const pickedFor = async (host: string): Promise<string> => {
    const picked = await pickImage(layout, index, { subject, hostPlatform: parsePlatform(host) });
    return platforms[images.findIndex(({ digest }) => digest === picked.descriptor.digest)] ?? 'another';
  };
  assert.equal(await pickedFor('linux/amd64'), 'linux/amd64');
  assert.equal(await pickedFor('darwin/arm64'), 'linux/arm64');
  assert.equal(await pickedFor('windows/amd64'), 'linux/amd64');
  assert.equal(await pickedFor('linux/arm/v7'), 'linux/arm/v6');
  await assert.rejects(
    pickedFor('linux/arm/v5'),
    refusal(/expected one image, got linux\/amd64, linux\/arm\/v6, linux\/arm64, windows\/amd64/, 'usage'),
  );
});

test('what was asked for is taken: the best of those that suit, and of equals the first', async () => {
  const layout = new MemoryLayout();
  const [old, first, second] = [
    saying(putImage(layout, 'linux/arm/v6'), 'linux/arm/v6'),
    saying(putImage(layout, 'linux/arm/v7', 'first'), 'linux/arm/v7'),
    saying(putImage(layout, 'linux/arm/v7', 'second'), 'linux/arm'),
  ];
  const index = putIndex(layout, [old, first, second]);
  const { image, descriptor } = await pickImage(layout, index, { subject, platform: 'linux/arm/v7' });
  assert.equal(image.config.value.author, 'first');
  assert.deepEqual(descriptor, first);
  await assert.rejects(
    pickImage(layout, index, { subject, platform: 'linux/riscv64' }),
    refusal(/expected an image for linux\/riscv64, got linux\/arm\/v6, linux\/arm\/v7$/, 'not-found'),
  );
});

test('what an index says of an image decides, and the only one is not taken for another platform', async () => {
  const layout = new MemoryLayout();
  const index = putIndex(layout, [saying(putImage(layout, 'linux/amd64'), 'linux/riscv64')]);
  assert.equal((await pickImage(layout, index, { subject, platform: 'linux/riscv64' })).image.config.value.os, 'linux');
  await assert.rejects(
    pickImage(layout, index, { subject, platform: 'linux/amd64' }),
    refusal(/got linux\/riscv64$/, 'not-found'),
  );
});

test('an image that cannot be read is told of where the host has no other, and what is no image is passed over', async () => {
  const layout = new MemoryLayout();
  const damaged = layout.add(Buffer.from('{'), mediaTypes.manifest);
  const [arm, amd] = [putImage(layout, 'linux/arm64'), putImage(layout, 'linux/amd64')];
  const artifact = layout.add(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        config: layout.add(Buffer.from('{}'), 'application/vnd.oci.empty.v1+json'),
        layers: [],
      }),
    ),
    mediaTypes.manifest,
  );
  const pick = (...manifests: readonly Descriptor[]) =>
    pickImage(layout, putIndex(layout, manifests), { subject, hostPlatform });
  await assert.rejects(pick(damaged, arm), refusal(/JSON/, 'invalid'));
  assert.equal((await pick(damaged, amd)).descriptor.digest, amd.digest);
  await assert.rejects(pick(artifact, arm), refusal(/expected one image, got linux\/arm64/, 'usage'));
  assert.equal((await pick(artifact, amd)).descriptor.digest, amd.digest);
});

test('an image alone is taken for any platform that its own suits, and what is no image for none', async () => {
  const layout = new MemoryLayout();
  const image = putImage(layout, 'linux/arm/v6');
  for (const platform of ['linux/arm/v6', 'linux/arm/v7'])
    assert.equal((await pickImage(layout, image, { subject, platform })).descriptor, image);
  assert.equal((await pickImage(layout, image, { subject, hostPlatform })).descriptor, image);
  await assert.rejects(
    pickImage(layout, image, { subject, platform: 'linux/amd64' }),
    refusal(/expected an image for linux\/amd64, got one for linux\/arm\/v6/, 'not-found'),
  );
  const blob = layout.add(Buffer.from('x'), 'text/plain');
  await assert.rejects(pickImage(layout, blob, { subject }), refusal(/got text\/plain/, 'unsupported'));
});

test('images go by their platforms, the first of each, and one that cannot be read is told of', async () => {
  const layout = new MemoryLayout();
  const [first, second] = [putImage(layout, 'linux/amd64', 'first'), putImage(layout, 'linux/amd64', 'second')];
  const arm = saying(putImage(layout, 'linux/arm64'), 'linux/arm64');
  const found = await imagesByPlatform(layout, putIndex(layout, [arm, first, second]));
  assert.deepEqual(
    [...found].map(([platform, { digest }]) => [platform, digest]),
    [
      ['linux/arm64', arm.digest],
      ['linux/amd64', first.digest],
    ],
  );
  assert.deepEqual([...(await imagesByPlatform(layout, second))], [['linux/amd64', second]]);
  const damaged = layout.add(Buffer.from('{'), mediaTypes.manifest);
  await assert.rejects(imagesByPlatform(layout, putIndex(layout, [first, damaged])), refusal(/JSON/, 'invalid'));
});
