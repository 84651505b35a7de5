import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isValid, refusal } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import { copyWritable, fixture, fixtureCases } from '../testing/fixtures.ts';
import { makeLayout, putImage, putIndex, putName } from '../testing/layout-files.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { config } from './config.ts';
import { copy } from './copy.ts';
import { addToIndex, createIndex, listIndex, removeFromIndex } from './index-images.ts';
import type { IndexResult } from './results.ts';

const platformsOf = ({ entries }: IndexResult): readonly (string | null)[] => entries.map(({ platform }) => platform);
const nobody = `sha256:${'0'.repeat(64)}`;

/** Images of three platforms, one of them twice, each under its name. */
function layoutOf(directory: string): string {
  const layout = makeLayout(join(directory, 'img'));
  for (const [name, architecture, config] of [
    ['amd64', 'amd64', {}],
    ['arm64', 'arm64', {}],
    ['v8', 'aarch64', { variant: 'v8', author: 'other' }],
    ['arm', 'arm', { variant: 'v7' }],
  ] as const) {
    const { platform: _, ...entry } = putImage(layout, { layers: [], architecture, config });
    putName(layout, name, entry);
  }
  return layout;
}

test('an index lists images in the order given, each for the platform of its config, and twice is once', async t => {
  const layout = layoutOf(temporaryDirectory(t));
  const images = ['arm', 'amd64', 'arm64', 'amd64'].map(name => `${layout}:${name}`);
  const first = await createIndex(`${layout}:multi`, images, { annotations: ['a=b'] });
  assert.deepEqual(platformsOf(first), ['linux/arm/v7', 'linux/amd64', 'linux/arm64']);
  const before = snapshotOf(layout);
  assert.equal((await createIndex(`${layout}:multi`, images, { annotations: ['a=b'] })).manifest, first.manifest);
  isSame(snapshotOf(layout), before, 'the layout');
  assert.deepEqual((await listIndex(`${layout}:multi`)).entries, first.entries);
  await isValid(layout);
});

test('two images for one platform are listed as they were given, and one warning names both', async t => {
  const layout = layoutOf(temporaryDirectory(t));
  const [arm64, v8] = [`${layout}:arm64`, `${layout}:v8`];
  const made = await createIndex(`${layout}:multi`, [arm64, `${layout}:amd64`, v8]);
  assert.deepEqual(platformsOf(made), ['linux/arm64', 'linux/amd64', 'linux/aarch64/v8']);
  const both = `${arm64} and ${v8}: both are for linux/aarch64/v8: `;
  assert.deepEqual(made.warnings, [`${both}both are listed, engines take the first`]);
  const added = await addToIndex(`${layout}:multi`, [arm64, v8]);
  assert.deepEqual(added.warnings, [`${both}the later one takes the place of the other`]);
  assert.deepEqual((await createIndex(`${layout}:one`, [arm64, arm64, `${layout}:amd64`])).warnings, []);
});

test('one more platform comes last, another image for one takes its place, in whatever spelling', async t => {
  const layout = layoutOf(temporaryDirectory(t));
  const multi = `${layout}:multi`;
  await createIndex(multi, [`${layout}:amd64`, `${layout}:arm64`]);
  assert.deepEqual(platformsOf(await addToIndex(multi, [`${layout}:arm`])), [
    'linux/amd64',
    'linux/arm64',
    'linux/arm/v7',
  ]);
  const replaced = await addToIndex(multi, [`${layout}:v8`]);
  assert.deepEqual(platformsOf(replaced), ['linux/amd64', 'linux/aarch64/v8', 'linux/arm/v7']);
  const again = await addToIndex(multi, [`${layout}:v8`]);
  assert.deepEqual([again.isChanged, again.manifest], [false, replaced.manifest]);
  await isValid(layout);
});

test('what is removed goes by image, by digest or by platform, and the last one stays', async t => {
  const layout = layoutOf(temporaryDirectory(t));
  const multi = `${layout}:multi`;
  const { entries } = await createIndex(
    multi,
    ['amd64', 'arm64', 'arm'].map(name => `${layout}:${name}`),
  );
  assert.deepEqual(platformsOf(await removeFromIndex(multi, [`${layout}:arm`])), ['linux/amd64', 'linux/arm64']);
  await assert.rejects(
    removeFromIndex(multi, [], { platforms: ['linux/s390x'] }),
    refusal(/linux\/s390x/, 'not-found'),
  );
  await assert.rejects(removeFromIndex(multi, [`${layout}:v8`]), refusal(/expected an entry sha256/, 'not-found'));
  const digest = entries[1]?.digest ?? '';
  assert.deepEqual(platformsOf(await removeFromIndex(multi, [`@${digest.slice(0, 20)}`])), ['linux/amd64']);
  await assert.rejects(
    removeFromIndex(multi, [], { platforms: ['amd64'] }),
    refusal(/to be left in the index/, 'usage'),
  );
  await assert.rejects(removeFromIndex(multi, []), refusal(/expected an image or option platforms/, 'usage'));
  await isValid(layout);
});

test('what cannot be an index is refused', async t => {
  const layout = layoutOf(temporaryDirectory(t));
  const multi = `${layout}:multi`;
  await createIndex(multi, [`${layout}:amd64`]);
  await assert.rejects(addToIndex(multi, [multi]), refusal(/got the index itself/, 'usage'));
  await assert.rejects(
    addToIndex(`${layout}:amd64`, [`${layout}:arm`]),
    refusal(/expected a multi-platform index/, 'unsupported'),
  );
  await assert.rejects(addToIndex(`${layout}:none`, [`${layout}:arm`]), refusal(/none/, 'not-found'));
  await assert.rejects(createIndex(multi, []), refusal(/got none/, 'usage'));
  putName(layout, 'empty', putIndex(layout, []));
  await assert.rejects(
    createIndex(`${layout}:new`, [`${layout}:empty`, `${layout}:empty`]),
    refusal(/an empty index/, 'usage'),
  );
});

test('images of other places are brought along, and an index of one index is that, byte for byte', async t => {
  const place = await preparePlace(temporaryDirectory(t));
  const out = join(place.directory, 'out');
  const made = await createIndex(`${out}:multi`, [
    `${place.layout}:base`,
    join(place.directory, 'docker.tar'),
    `${place.layout}:multi`,
  ]);
  assert.equal(made.entries.length, 4);
  await isValid(out);
  const same = await createIndex(`${out}:same`, [`${place.layout}:multi`]);
  assert.equal(same.manifest, (await listIndex(`${place.layout}:multi`)).manifest);
  const nested = await createIndex(`${out}:nested`, [`${place.layout}:multi`, `${place.layout}:base`], { nest: true });
  assert.deepEqual(
    (await listIndex(`${out}:nested`)).entries.map(({ inside }) => inside),
    [null, same.manifest, same.manifest, null],
  );
  assert.deepEqual(platformsOf(nested), [null, 'linux/amd64']);
  const only = await createIndex(`${out}:only`, [`${out}:nested`], { platforms: ['arm64'] });
  assert.deepEqual(platformsOf(only), ['linux/arm64']);
  await assert.rejects(
    createIndex(`${out}:none`, [`${out}:nested`], { platforms: ['s390x'] }),
    refusal(/linux\/s390x/, 'not-found'),
  );
  await isValid(out);
});

test("images of docker's are a list of docker's, and of OCI with anything that it has no place for", async t => {
  const directory = temporaryDirectory(t);
  const layout = layoutOf(directory);
  await copy(`${layout}:amd64`, `${layout}:docker`, { format: 'docker' });
  const list = await createIndex(`${layout}:list`, [`${layout}:docker`]);
  assert.match(list.mediaType, /docker.*list/);
  assert.match((await createIndex(`${layout}:said`, [`${layout}:docker`], { annotations: ['a=b'] })).mediaType, /oci/);
  assert.match((await addToIndex(`${layout}:list`, [`${layout}:arm64`])).mediaType, /oci/);
  const about = await createIndex(`${layout}:about`, [`${layout}:arm64`], {
    artifactType: 'application/example',
    subject: `${layout}:amd64`,
  });
  const file = join(layout, 'blobs/sha256', about.manifest.slice('sha256:'.length));
  const { subject, artifactType } = JSON.parse(readFileSync(file, 'utf8'));
  assert.deepEqual([Object.keys(subject), artifactType], [['mediaType', 'digest', 'size'], 'application/example']);
  await isValid(layout);
});

test('attestations of a published index go and come with their images', async t => {
  const published = fixture(t, 'change/index/ubuntu-attested');
  type Case = { digest: string; platform: string; attests: string | null };
  const cases = fixtureCases<Case>(t, 'change/index/ubuntu-attested.json') ?? [];
  if (published === undefined) return;
  const layout = join(temporaryDirectory(t), 'img');
  copyWritable(published, layout);
  const all = await createIndex(`${layout}:all`, [layout]);
  assert.deepEqual(
    all.entries.map(({ digest, platform, attests }) => ({ digest, platform, attests })),
    cases.map(({ digest, platform, attests }) => ({ digest, platform, attests })),
  );
  assert.deepEqual(
    (await createIndex(`${layout}:all`, [layout], { platforms: cases.map(({ platform }) => platform) })).manifest,
    all.manifest,
  );
  const two = await createIndex(`${layout}:two`, [`${layout}:all`], { platforms: ['linux/amd64', 'linux/arm64'] });
  assert.deepEqual(platformsOf(two), ['linux/amd64', 'unknown/unknown', 'linux/arm64/v8', 'unknown/unknown']);
  const one = await removeFromIndex(`${layout}:two`, [], { platforms: ['linux/arm64'] });
  assert.deepEqual(platformsOf(one), ['linux/amd64', 'unknown/unknown']);
  const added = await addToIndex(`${layout}:two`, [`${layout}:all`], { platforms: ['linux/riscv64'] });
  assert.deepEqual(platformsOf(added), ['linux/amd64', 'unknown/unknown', 'linux/riscv64', 'unknown/unknown']);
  const changed = await config(`${layout}:two`, { platform: 'linux/riscv64', set: ['user=1'], tag: 'mine' });
  const replaced = await addToIndex(`${layout}:two`, [`${layout}:mine`]);
  assert.deepEqual(
    replaced.entries.map(({ digest, attests }) => attests ?? digest),
    [cases[0]?.digest, cases[0]?.digest, changed.manifest],
  );
});

test("an attestation that only says itself what it is about becomes an entry that says it, as buildx's", async t => {
  const layout = layoutOf(temporaryDirectory(t));
  const { entries } = await createIndex(`${layout}:multi`, [`${layout}:amd64`]);
  const [amd64] = entries;
  const { platform: _, ...made } = putImage(layout, {
    layers: [],
    manifest: {
      artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
      subject: { mediaType: amd64?.mediaType, digest: amd64?.digest ?? nobody, size: amd64?.size },
    },
  });
  putName(layout, 'attestation', made);
  const { entries: both } = await createIndex(`${layout}:multi`, [`${layout}:amd64`]);
  assert.deepEqual(
    both.map(({ platform, attests }) => [platform, attests]),
    [
      ['linux/amd64', null],
      ['unknown/unknown', amd64?.digest],
    ],
  );
});

test('the command prints the digest of what it made, and a table of what is listed', async t => {
  const layout = layoutOf(temporaryDirectory(t));
  const run = (line: string) => runCommand(line.replaceAll('IMG', layout).split(' '));
  const made = await run('index create IMG:multi IMG:amd64 IMG:arm --json');
  const { manifest, entries } = JSON.parse(made.out) as IndexResult;
  assert.equal((await run('index add IMG:multi IMG:amd64')).out, `${manifest}\n`);
  const { out } = await run('index list IMG:multi');
  assert.deepEqual(
    out.split('\n').map(line => line.split(/ +/)),
    [['DIGEST', 'PLATFORM', 'WHAT'], ...entries.map(({ digest, platform }) => [digest, platform, 'image']), ['']],
  );
  assert.match((await run('index list IMG:multi IMG:amd64')).err, /expected nothing behind the index/);
  assert.match((await run('index make IMG:multi IMG:amd64')).err, /expected one of create, add, remove, list/);
  assert.match((await run('index list IMG:multi --nest')).err, /expected create, add or remove before it/);
});

test('what nested indexes list is removed and replaced there, and what is emptied goes', async t => {
  const layout = layoutOf(temporaryDirectory(t));
  const [inner, outer] = [`${layout}:inner`, `${layout}:outer`];
  const made = await createIndex(inner, [`${layout}:amd64`, `${layout}:arm64`]);
  await createIndex(outer, [inner, `${layout}:arm`], { nest: true });
  const listed = async (): Promise<readonly (string | null)[]> => platformsOf(await listIndex(outer));
  assert.deepEqual(await listed(), [null, 'linux/amd64', 'linux/arm64', 'linux/arm/v7']);
  const replaced = await addToIndex(outer, [`${layout}:v8`], { entryAnnotations: ['a=b'] });
  assert.deepEqual(await listed(), [null, 'linux/amd64', 'linux/aarch64/v8', 'linux/arm/v7']);
  assert.deepEqual((await listIndex(outer)).entries[2]?.annotations, { a: 'b' });
  assert.equal((await addToIndex(outer, [`${layout}:v8`])).manifest, replaced.manifest);
  await removeFromIndex(outer, [], { platforms: ['arm64'] });
  assert.deepEqual(await listed(), [null, 'linux/amd64', 'linux/arm/v7']);
  await removeFromIndex(outer, [`@${made.entries[0]?.digest}`]);
  assert.deepEqual(await listed(), ['linux/arm/v7']);
  assert.equal((await listIndex(inner)).manifest, made.manifest);
  await assert.rejects(
    removeFromIndex(outer, [], { platforms: ['arm64'] }),
    refusal(/linux\/arm64, got none/, 'not-found'),
  );
  await isValid(layout);
});

test('entries get annotations of their own, with the others or later, and the index is no index taken whole then', async t => {
  const layout = layoutOf(temporaryDirectory(t));
  const multi = `${layout}:multi`;
  const zstd = 'io.github.containers.compression.zstd=true';
  const images = [`${layout}:amd64`, `${layout}:arm64`];
  const plain = await createIndex(multi, images);
  const later = await addToIndex(multi, [`${layout}:arm64`], { entryAnnotations: [zstd] });
  const said = ({ entries }: IndexResult) => entries.map(({ annotations }) => annotations);
  assert.deepEqual(said(later), [{}, { 'io.github.containers.compression.zstd': 'true' }]);
  const all = await createIndex(`${layout}:all`, [multi], { entryAnnotations: ['a=b'] });
  assert.notEqual(all.manifest, plain.manifest);
  assert.deepEqual(said(all), [{ a: 'b' }, { a: 'b', 'io.github.containers.compression.zstd': 'true' }]);
  await assert.rejects(
    removeFromIndex(multi, [`${layout}:arm64`], { entryAnnotations: [zstd] }),
    refusal(/entryAnnotations: expected something to add/, 'usage'),
  );
  await isValid(layout);
});
