import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { OciError } from '../errors.ts';
import type { ImageIndex } from '../spec/objects.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { attach } from './attach.ts';
import { commit } from './commit.ts';
import { copy } from './copy.ts';
import { images } from './images.ts';
import { addToIndex, createIndex } from './index-images.ts';
import { init } from './init.ts';
import { inspect } from './inspect.ts';
import { tag } from './tag.ts';
import { untag } from './untag.ts';
import { validate } from './validate.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };

/** A layout of two images, `good` and `bad`. */
async function twoImages(t: TestContext): Promise<{ place: string; layout: string }> {
  const place = temporaryDirectory(t);
  const layout = join(place, 'l');
  await init(layout);
  for (const name of ['good', 'bad']) {
    mkdirSync(join(place, name));
    writeFileSync(join(place, name, 'file'), name);
    await commit(join(place, name), `${layout}:${name}`, { hostPlatform });
  }
  return { place, layout };
}

const indexOf = (layout: string): ImageIndex => JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'));

const blobOf = (layout: string, digest: string): string => join(layout, 'blobs', digest.replace(':', '/'));

const manifestOf = (layout: string, name: string): string =>
  indexOf(layout).manifests.find(entry => Object.values(entry.annotations ?? {}).includes(name))?.digest ?? '';

function changeEntry(layout: string, name: string, change: (entry: Record<string, unknown>) => unknown): void {
  const index = indexOf(layout);
  const manifests = index.manifests.map(entry =>
    Object.values(entry.annotations ?? {}).includes(name) ? change({ ...entry }) : entry,
  );
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ ...index, manifests }));
}

const configOf = (layout: string, name: string): string =>
  JSON.parse(readFileSync(blobOf(layout, manifestOf(layout, name)), 'utf8')).config.digest;

/** What may be wrong with one image of a layout, and what is said of it. */
const damages: readonly (readonly [string, (layout: string) => void, RegExp])[] = [
  ['a manifest that is cut short', l => writeFileSync(blobOf(l, manifestOf(l, 'bad')), '{'), /expected a size/],
  ['a manifest that is missing', l => rmSync(blobOf(l, manifestOf(l, 'bad'))), /expected a blob, got nothing/],
  ['a config that is missing', l => rmSync(blobOf(l, configOf(l, 'bad'))), /expected a blob, got nothing/],
  ['a digest that is none', l => changeEntry(l, 'bad', e => ({ ...e, digest: 'sha256:12' })), /64 lower-case/],
  ['an unknown algorithm', l => changeEntry(l, 'bad', e => ({ ...e, digest: 'md5:12' })), /sha256, sha512 or blake3/],
  ['an entry without a size', l => changeEntry(l, 'bad', ({ size: _, ...e }) => e), /\/manifests\/\d\/size/],
];

for (const [what, damage, said] of damages) {
  test(`${what} is told of, and the other images are listed and used`, async t => {
    const { place, layout } = await twoImages(t);
    damage(layout);
    const warnings: string[] = [];
    const rows = await images([layout], { warnings });
    assert.deepEqual(
      rows.map(row => row.tag),
      ['good'],
    );
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] as string, said);
    await inspect([`${layout}:good`]);
    await tag(`${layout}:good`, ['better']);
    await copy(`${layout}:good`, `${join(place, 'copy')}:x`);
    assert.ok((await validate(layout)).findings.some(({ severity }) => severity === 'error'));
    await assert.rejects(inspect([`${layout}:bad`]), OciError);
  });
}

test('entries that are no descriptors are written again as they were, until their names are taken', async t => {
  const { place, layout } = await twoImages(t);
  changeEntry(layout, 'bad', entry => ({ ...entry, digest: 'sha256:12', 'x-kept': [1, null, { a: 'b' }] }));
  const before = indexOf(layout).manifests;
  await tag(`${layout}:good`, ['again']);
  await untag([`${layout}:again`]);
  await commit(join(place, 'good'), `${layout}:other`, { hostPlatform, author: 'other' });
  const after = indexOf(layout).manifests;
  assert.deepEqual(after[1], before[1]);
  assert.equal(after.length, 3);
  await tag(`${layout}:good`, ['bad']);
  const odd = indexOf(layout).manifests.find(({ digest }) => digest === 'sha256:12');
  const { annotations: _, ...unnamed } = before[1] as unknown as Record<string, unknown>;
  assert.deepEqual(odd, unnamed);
  await inspect([`${layout}:bad`]);
});

test('null stands for an empty list of images', async t => {
  const { layout } = await twoImages(t);
  writeFileSync(join(layout, 'index.json'), '{"schemaVersion":2,"manifests":null}');
  assert.deepEqual(await images([layout]), []);
});

test('where nothing at all can be read, that is an error', async t => {
  const { layout } = await twoImages(t);
  for (const name of ['good', 'bad']) rmSync(blobOf(layout, manifestOf(layout, name)));
  await assert.rejects(images([layout]), /expected a blob, got nothing/);
});

/** What may be wrong with an entry whose digest another entry has as well. */
const misdescribed: readonly (readonly [string, object])[] = [
  ['a size that is wrong', { size: 1 }],
  ['data that is no base64', { data: '!!!' }],
  ['data of other bytes', { data: 'e30=' }],
];

for (const [what, wrong] of misdescribed)
  test(`${what} is told of beside a good entry of the same digest, whichever comes first`, async t => {
    for (const isFirst of [true, false]) {
      const { layout } = await twoImages(t);
      const good = indexOf(layout).manifests.find(({ digest }) => digest === manifestOf(layout, 'good'));
      const bad = { ...good, ...wrong, annotations: { 'org.opencontainers.image.ref.name': 'bad' } };
      const manifests = isFirst ? [bad, good] : [good, bad];
      writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
      const warnings: string[] = [];
      const rows = await images([layout], { warnings });
      assert.deepEqual(
        rows.map(({ tag }) => tag),
        ['good'],
      );
      assert.equal(warnings.length, 1);
      await assert.rejects(inspect([`${layout}:bad`]), OciError);
    }
  });

test('what is wrong with an entry is said where it stands in its file, whatever stands before it', async t => {
  const { layout } = await twoImages(t);
  const [good, other] = indexOf(layout).manifests;
  const name = (entry: unknown, text: string): object => ({
    ...(entry as object),
    annotations: { 'org.opencontainers.image.ref.name': text },
  });
  for (const odd of [[], [5], [5, null], [{}, 'x', []]]) {
    const wrong = [{ ...good, data: '!!!' }, name(good, 'same'), name(good, 'no name'), name(other, 'same')];
    const manifests = wrong.flatMap(entry => [...odd, entry]);
    writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
    const { findings } = await validate(layout);
    const at = (code: string): unknown =>
      findings.filter(found => found.code === code).map(({ subject }) => /manifests\/(\d+)/.exec(subject)?.[1]);
    const step = odd.length + 1;
    assert.deepEqual(at('data-mismatch'), [`${step - 1}`]);
    assert.deepEqual(at('name-grammar'), [`${3 * step - 1}`]);
    assert.deepEqual(at('name-duplicate'), [`${4 * step - 1}`]);
  }
});

test('what would be carried into another document is as its entry says, or is refused and nothing is written', async t => {
  const { layout, place } = await twoImages(t);
  await createIndex(`${layout}:multi`, [`${layout}:good`]);
  const file = join(place, 'sbom.json');
  writeFileSync(file, '{}');
  const created = '2024-01-02T03:04:05Z';
  const whole = indexOf(layout);
  for (const name of ['bad', 'multi'])
    for (const wrong of [{ size: 1 }, { data: 'e30=' }]) {
      writeFileSync(join(layout, 'index.json'), JSON.stringify(whole));
      changeEntry(layout, name, entry => ({ ...entry, ...wrong, platform: hostPlatform }));
      const before = snapshotOf(layout);
      const one = `${layout}:${name}`;
      const calls: readonly (() => Promise<unknown>)[] = [
        () => createIndex(`${layout}:made`, [`${layout}:good`, one]),
        () => createIndex(`${layout}:made`, [one]),
        () => createIndex(`${layout}:made`, [one], { nest: true }),
        () => createIndex(`${join(place, 'elsewhere')}:made`, [one]),
        () => createIndex(`${layout}:made`, [`${layout}:good`], { subject: one }),
        () => addToIndex(`${layout}:multi`, [one], { nest: true }),
        () => addToIndex(`${layout}:multi`, [`${layout}:good`], { subject: one }),
        () => attach(one, [{ file }], { artifactType: 'x/y' }),
        () => attach(one, [{ file }], { artifactType: 'x/y', created }),
      ];
      for (const [at, call] of calls.entries()) {
        await assert.rejects(call, OciError, `${name} ${JSON.stringify(wrong)} ${at}`);
        isSame(snapshotOf(layout), before, `${at}`);
      }
    }
});
