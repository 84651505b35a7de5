import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readImage } from '../graph/image-reader.ts';
import { historyLine, withContainerConfig, withDocuments } from '../image/edit-image.ts';
import type { Image } from '../spec/objects.ts';
import { openLayout } from '../store/layout/layout.ts';
import { openImage } from '../store/open-operand.ts';
import { isValid } from '../testing/answers.ts';
import { type PreparedPlace, preparePlace } from '../testing/prepared-place.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { attach } from './attach.ts';
import { type Change, changeImage } from './change-image.ts';
import { images } from './images.ts';
import type { ChangeOptions } from './options.ts';
import { referrers } from './referrers.ts';
import { tag } from './tag.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };
const made = async (t: TestContext): Promise<PreparedPlace> => preparePlace(temporaryDirectory(t));

/** Nothing but what options say. */
const nothing: Change<object> = { keepsFiles: true, change: async ({ image }) => ({ image, details: {} }) };

/** An edit of the verb's own, with a line of history for it. */
const asUser: Change<{ readonly user: string }> = {
  keepsFiles: true,
  async change({ image }) {
    const { value } = image.config;
    const changed = withContainerConfig(value, { ...value.config, User: 'me' });
    return {
      image: withDocuments(image, changed, image.manifest.value),
      history: { line: 'USER me' },
      details: { user: 'me' },
    };
  },
};

const run = (operand: string, options: ChangeOptions, change: Change<object> = nothing) =>
  changeImage(operand, { hostPlatform, ...options }, change);

async function imageOf(operand: string): Promise<Image> {
  return (await openImage(operand, { hostPlatform })).image;
}

const namesOf = async (place: string): Promise<readonly string[]> =>
  [...new Set((await images([place])).flatMap(({ tag: name }) => (name === null ? [] : [name])))].sort();

test('with neither tag nor output the name of the source moves, and the old image is reachable by digest', async t => {
  const { layout } = await made(t);
  const before = await imageOf(`${layout}:app`);
  const result = await run(`${layout}:app`, { instructions: ['ENV A=b'], now: '2024-01-01T00:00:00Z' });
  assert.equal(result.name, 'app');
  assert.equal(result.isChanged, true);
  const after = await imageOf(`${layout}:app`);
  assert.equal(after.manifest.descriptor.digest, result.manifest);
  assert.deepEqual(after.config.value.config?.Env?.includes('A=b'), true);
  assert.equal(after.config.value.created, '2024-01-01T00:00:00Z');
  assert.deepEqual(after.config.value.history?.at(-1), {
    created: '2024-01-01T00:00:00Z',
    created_by: 'ENV A=b',
    empty_layer: true,
  });
  assert.deepEqual(after.manifest.value.layers, before.manifest.value.layers);
  const { digest } = before.manifest.descriptor;
  assert.equal((await imageOf(`${layout}@${digest}`)).manifest.descriptor.digest, digest);
  await isValid(layout);
});

test('what is about an image that loses its name to a new one is counted, and stays about the old one', async t => {
  const { layout, directory } = await made(t);
  const sbom = join(directory, 'a.spdx.json');
  writeFileSync(sbom, '{"spdxVersion":"SPDX-2.3"}');
  const before = (await imageOf(`${layout}:app`)).manifest.descriptor.digest;
  for (const annotation of ['n=1', 'n=2'])
    await attach(`${layout}:app`, [{ file: sbom }], { annotations: [annotation], fallbackTag: true });
  const edit = { instructions: ['ENV A=b'], now: '2024-01-01T00:00:00Z' };
  const said = /2 artifacts are about the image as it was, and not about the new one/;
  for (const elsewhere of [{ tag: 'new' }, { output: join(directory, 'out') }])
    assert.doesNotMatch((await run(`${layout}:app`, { ...edit, ...elsewhere })).warnings.join('\n'), said);
  assert.match((await run(`${layout}:app`, edit)).warnings.join('\n'), said);
  assert.doesNotMatch((await run(`${layout}:app`, edit)).warnings.join('\n'), said);
  assert.equal((await referrers(`${layout}@${before}`)).referrers.length, 2);
  assert.equal((await referrers(`${layout}:app`)).referrers.length, 0);
});

test('a tag names the result in the same layout, an output puts it into a layout or an archive, and the source stays', async t => {
  const { layout, directory } = await made(t);
  const { manifest: before } = await imageOf(`${layout}:app`);
  const tagged = await run(`${layout}:app`, { tag: 'mine', author: 'Ann' });
  assert.deepEqual(await namesOf(layout), ['app', 'base', 'mine', 'multi']);
  const out = join(directory, 'out');
  const elsewhere = await run(`${layout}:app`, { output: `${out}:v1`, author: 'Ann' });
  assert.equal(elsewhere.manifest, tagged.manifest);
  for (const output of [`${out}.tar:v1`, `oci-archive:${out}.oci:v1`, `docker-archive:${out}.docker:app:v1`]) {
    await run(`${layout}:app`, { output, author: 'Ann' });
    assert.equal((await imageOf(output.replace('oci-archive:', ''))).config.value.author, 'Ann');
  }
  const archived = await run(join(directory, 'docker.tar'), { output: join(directory, 'other:v2'), author: 'Ann' });
  assert.equal((await imageOf(`${join(directory, 'other')}:v2`)).manifest.descriptor.digest, archived.manifest);
  assert.equal((await imageOf(`${layout}:app`)).manifest.descriptor.digest, before.descriptor.digest);
  for (const place of [layout, out, `${out}.tar`, `${out}.oci`, `${out}.docker`, join(directory, 'other')])
    await isValid(place);
});

test('what was so already keeps every byte, and only a name that was asked for is new', async t => {
  const { layout, directory } = await made(t);
  const first = await run(`${layout}:app`, {
    instructions: ['USER me'],
    annotations: ['a=b'],
    now: '2024-01-01T00:00:00Z',
  });
  const before = snapshotOf(directory);
  const again = await run(`${layout}:app`, {
    instructions: ['USER me'],
    annotations: ['a=b'],
    now: '2025-01-01T00:00:00Z',
  });
  assert.deepEqual([again.manifest, again.isChanged], [first.manifest, false]);
  isSame(snapshotOf(directory), before, 'the layout');
  assert.equal((await run(`${layout}:app`, { tag: 'other' })).manifest, first.manifest);
  assert.deepEqual(await namesOf(layout), ['app', 'base', 'multi', 'other']);
});

test('a time alone is a change where it is asked for, and none where it is only what counts as now', async t => {
  const { layout } = await made(t);
  assert.equal((await run(`${layout}:app`, { now: '2024-01-01T00:00:00Z' })).isChanged, false);
  const result = await run(`${layout}:app`, { created: new Date('2024-01-01T00:00:00Z') });
  assert.equal(result.isChanged, true);
  assert.equal((await imageOf(`${layout}:app`)).config.value.created, '2024-01-01T00:00:00Z');
});

test('of several platforms one changes beside the others in its own place, and alone elsewhere; all do when they are asked to', async t => {
  const { layout, directory } = await made(t);
  const multi = `${layout}:multi`;
  const platforms = async (place: string): Promise<readonly unknown[]> =>
    (await images([place], { all: true })).map(({ platform }) => platform);
  const beside = await run(multi, { platform: 'linux/arm64', author: 'Ann' });
  assert.deepEqual(
    beside.images.map(({ platform }) => platform),
    ['linux/arm64'],
  );
  assert.deepEqual(beside.warnings, []);
  for (const [platform, author] of [
    ['linux/arm64', 'Ann'],
    ['linux/amd64', undefined],
  ] as const)
    assert.equal((await openImage(multi, { platform })).image.config.value.author, author);
  const guessed = await run(multi, { author: 'Bob' });
  assert.match(guessed.warnings.join(), /the others stay beside it/);
  const alone = await run(multi, { platform: 'linux/arm64', output: join(directory, 'out'), author: 'Cyd' });
  assert.deepEqual(await platforms(join(directory, 'out')), ['linux/arm64']);
  assert.equal(alone.name, 'latest');
  const all = await run(multi, { allPlatforms: true, tag: 'all', author: 'Dan' }, asUser);
  assert.deepEqual(
    all.images.map(image => ({ ...image, before: '', manifest: '', imageID: '' })),
    ['linux/amd64', 'linux/arm64'].map(platform => ({ platform, before: '', manifest: '', imageID: '', user: 'me' })),
  );
  await assert.rejects(run(multi, { allPlatforms: true, platform: 'linux/arm64' }), /expected no option platform/);
  await isValid(layout);
});

test('a dry run says what would result, wherever it would go, and writes nothing', async t => {
  const { layout, directory } = await made(t);
  const before = snapshotOf(directory);
  const options = { author: 'Ann', dryRun: true };
  const { manifest } = await run(`${layout}:app`, options);
  for (const output of [join(directory, 'new:v1'), join(directory, 'new.tar:v1'), `docker-archive:${directory}/new:v1`])
    assert.equal((await run(`${layout}:app`, { ...options, output })).manifest, manifest);
  isSame(snapshotOf(directory), before, 'the place');
  assert.equal((await run(`${layout}:app`, { author: 'Ann' })).manifest, manifest);
});

test('an image without a name of its own needs one, an archive an output, and a file is not replaced', async t => {
  const { layout, directory } = await made(t);
  const { manifest } = await imageOf(`${layout}:multi`);
  const { digest } = manifest.descriptor;
  await tag(`${layout}:base`, ['latest']);
  await assert.rejects(run(`${layout}:multi@${digest}`, { author: 'Ann' }), /expected an image with a name/);
  await assert.rejects(run(join(directory, 'oci.tar'), { author: 'Ann' }), /or option output, got an archive/);
  await assert.rejects(run(join(directory, 'oci.tar'), { tag: 'v1' }), /or option output, got an archive/);
  await assert.rejects(
    run(`${layout}:app`, { output: join(directory, 'oci.tar:v1') }),
    /got one that is there already/,
  );
  await assert.rejects(run(`${layout}:app`, { tag: 'a', output: 'b' }), /expected no option output beside it/);
  await assert.rejects(run(`${layout}:app`, { output: '-' }), /got standard output/);
  assert.equal(existsSync('-'), false);
});

test('a name that somebody else has moved meanwhile does not move', async t => {
  const { layout, directory } = await made(t);
  const change: Change<object> = {
    keepsFiles: true,
    async change(part) {
      await tag(`${layout}:base`, ['app']);
      return nothing.change(part);
    },
  };
  await assert.rejects(run(`${layout}:app`, { author: 'Ann' }, change), /somebody has moved the name/);
  const store = await openLayout(layout);
  const { manifest } = await imageOf(`${layout}:app`);
  assert.equal(
    (await readImage(store, manifest.descriptor)).manifest.descriptor.digest,
    (await imageOf(`${layout}:base`)).manifest.descriptor.digest,
  );
  await isValid(directory.concat('/img'));
});

test('a line of history has what options say of it', () => {
  const edit = { created: '2024-01-01T00:00:00Z', now: '2025-01-01T00:00:00Z', author: 'Ann', message: 'why' };
  assert.deepEqual(historyLine(edit, { author: 'Bob', createdBy: 'what', isEmpty: false }), {
    created: '2024-01-01T00:00:00Z',
    created_by: 'what',
    author: 'Ann',
    comment: 'why',
  });
});
