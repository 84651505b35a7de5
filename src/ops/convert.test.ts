import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isAdded } from '../codec/estargz-names.ts';
import { readLayer } from '../codec/layer-reader.ts';
import { layerBytes } from '../graph/layer-bytes.ts';
import { layersOf } from '../image/layers.ts';
import type { Image, Layer } from '../spec/objects.ts';
import { openImage } from '../store/open-operand.ts';
import { isValid, refusal } from '../testing/answers.ts';
import { fixture } from '../testing/fixtures.ts';
import { blobFile, layerTar, makeLayout, putImage, putJson, putName } from '../testing/layout-files.ts';
import { readChunked, readEstargz } from '../testing/lazy-checkers.ts';
import { type PreparedPlace, preparePlace } from '../testing/prepared-place.ts';
import { textFile } from '../testing/scripts.ts';
import { snapshotOf } from '../testing/snapshot.ts';
import { makeWritable, temporaryDirectory } from '../testing/temporary.ts';
import type { LayerEntry } from '../tree/node.ts';
import { convert } from './convert.ts';
import { copy } from './copy.ts';
import { diff } from './diff.ts';
import type { ConvertOptions } from './options.ts';
import { squash } from './squash.ts';
import { strip } from './strip.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };
const forms = ['gzip', 'zstd', 'none', 'estargz', 'zstd:chunked'] as const;
const made = async (t: TestContext): Promise<PreparedPlace> => preparePlace(temporaryDirectory(t));

async function imageOf(operand: string): Promise<Image> {
  return (await openImage(operand, { hostPlatform })).image;
}

const layersIn = async (operand: string): Promise<readonly Layer[]> => layersOf(await imageOf(operand));
const diffIDs = async (operand: string): Promise<readonly string[]> =>
  (await layersIn(operand)).map(({ diffID }) => diffID);

/** Holds lazy layers to their own tables, as their readers would. */
function readLazy(layout: string, { descriptor }: Layer, form: ConvertOptions['compression']): void {
  const blob = readFileSync(blobFile(layout, descriptor.digest));
  if (form === 'estargz') readEstargz(blob, descriptor.annotations ?? {});
  if (form === 'zstd:chunked') readChunked(blob, descriptor.annotations ?? {});
}

test('an image in every form has the same files, and from every form the way leads to every other, and back to the diffIDs that were', async t => {
  const { layout } = await made(t);
  const before = await diffIDs(`${layout}:app`);
  const history = (await imageOf(`${layout}:app`)).config.value.history;
  for (const form of forms) {
    await convert(`${layout}:app`, { compression: form, tag: form, hostPlatform });
    for (const layer of await layersIn(`${layout}:${form}`)) readLazy(layout, layer, form);
    const { changes } = await diff(`${layout}:app`, `${layout}:${form}`, { hostPlatform });
    const added = form === 'estargz' ? ['/.no.prefetch.landmark', '/stargz.index.json'] : [];
    assert.deepEqual(
      changes.filter(({ kind, path }) => kind !== 'C' || path !== '/').map(({ path }) => path),
      added,
      form,
    );
    const behaviour = await diff(`${layout}:app`, `${layout}:${form}`, { hostPlatform, semantic: true });
    assert.deepEqual([behaviour.changes, behaviour.config], [[], []], form);
    assert.deepEqual((await imageOf(`${layout}:${form}`)).config.value.history, history);
    if (form !== 'estargz') assert.deepEqual(await diffIDs(`${layout}:${form}`), before, form);
  }
  for (const from of forms)
    for (const to of forms) {
      await convert(`${layout}:${from}`, { compression: to, tag: 'made', hostPlatform });
      const [one, other] = [await imageOf(`${layout}:made`), await imageOf(`${layout}:${to}`)];
      // What is gzip, or eStargz, may be other bytes of the same.
      assert.deepEqual(
        layersOf(one).map(({ diffID }) => diffID),
        layersOf(other).map(({ diffID }) => diffID),
        `${from} to ${to}`,
      );
      assert.deepEqual(one.config.value, other.config.value, `${from} to ${to}`);
    }
  await isValid(layout);
});

test('what is in the form already keeps every byte', async t => {
  const { layout } = await made(t);
  for (const form of forms) {
    const first = await convert(`${layout}:app`, { compression: form, tag: 'made', hostPlatform });
    const before = snapshotOf(layout);
    const again = await convert(`${layout}:made`, { compression: form, hostPlatform });
    assert.deepEqual([again.isChanged, again.manifest], [false, first.manifest], form);
    assert.deepEqual(snapshotOf(layout), before, form);
  }
});

test('the bytes of a form do not depend on what they were made of', async t => {
  const { layout } = await made(t);
  for (const form of ['zstd', 'zstd:chunked', 'estargz'] as const) {
    await convert(`${layout}:app`, { compression: form, tag: 'one', hostPlatform });
    await convert(`${layout}:app`, { compression: 'none', tag: 'plain', hostPlatform });
    await convert(`${layout}:plain`, { compression: form, tag: 'other', hostPlatform });
    const [one, other] = [await imageOf(`${layout}:one`), await imageOf(`${layout}:other`)];
    assert.equal(one.manifest.descriptor.digest, other.manifest.descriptor.digest, form);
  }
});

test('annotations of other things stay, those of a table go with it', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const entry: LayerEntry = { kind: 'node', path: 'a', node: { ...textFile('x'), size: 1 } };
  const image = putImage(layout, { layers: [{ tar: layerTar([entry], () => Buffer.from('x')) }] });
  const manifest = JSON.parse(readFileSync(blobFile(layout, image.digest), 'utf8')) as { layers: object[] };
  const layers = manifest.layers.map(layer => ({ ...layer, annotations: { purpose: 'test' } }));
  putName(
    layout,
    'app',
    putImage(layout, { layers: [{ tar: layerTar([entry], () => Buffer.from('x')) }], manifest: { layers } }),
  );
  await convert(`${layout}:app`, { compression: 'estargz', hostPlatform });
  const [lazy] = await layersIn(`${layout}:app`);
  assert.equal(Object.keys(lazy?.descriptor.annotations ?? {}).length, 3);
  await convert(`${layout}:app`, { compression: 'zstd:chunked', hostPlatform });
  const [chunked] = await layersIn(`${layout}:app`);
  assert.ok(
    Object.keys(chunked?.descriptor.annotations ?? {}).every(key => key === 'purpose' || key.includes('zstd-chunked')),
  );
  await convert(`${layout}:app`, { compression: 'gzip', hostPlatform });
  assert.deepEqual((await layersIn(`${layout}:app`))[0]?.descriptor.annotations, { purpose: 'test' });
});

test('published lazy layers are left as they are, those of an older form are made anew, and each gives back its tar', async t => {
  const source = fixture(t, 'change/lazy');
  if (source === undefined) return;
  const tar = readFileSync(join(source, 'layer.tar'));
  for (const [name, form, isKept] of [
    ['zstd-chunked-1', 'zstd:chunked', false],
    ['zstd-chunked-3', 'zstd:chunked', true],
    ['estargz-default', 'estargz', true],
  ] as const) {
    const layout = join(temporaryDirectory(t), 'img');
    cpSync(join(source, name), layout, { recursive: true });
    makeWritable(layout);
    const { isChanged } = await convert(`${layout}:v`, { compression: form, tag: 'again', hostPlatform });
    assert.equal(isChanged, !isKept, name);
    for (const layer of await layersIn(`${layout}:again`)) readLazy(layout, layer, form);
    await convert(`${layout}:v`, { compression: 'none', tag: 'plain', hostPlatform });
    const { source: place, image } = await openImage(`${layout}:plain`, { hostPlatform });
    const [layer] = layersOf(image);
    const names: string[] = [];
    await readLayer(
      layerBytes(place, layer as Layer),
      { identity: '', subject: name },
      {
        entry({ path }) {
          names.push(path);
          return undefined;
        },
        data: () => undefined,
        end: () => undefined,
      },
    );
    assert.ok(!names.some(path => path.includes('stargz') || path.includes('landmark')), name);
    if (form === 'zstd:chunked') assert.deepEqual(readFileSync(blobFile(layout, layer?.descriptor.digest ?? '')), tar);
  }
});

test("docker's media types and back: the image ID stays, and what docker has no place for is said or refused", async t => {
  const { layout, directory } = await made(t);
  const before = await imageOf(`${layout}:app`);
  const docker = await convert(`${layout}:app`, {
    format: 'docker',
    tag: 'docker',
    annotations: ['a=b'],
    hostPlatform,
  });
  const image = await imageOf(`${layout}:docker`);
  assert.match(image.manifest.value.layers[0]?.mediaType ?? '', /^application\/vnd\.docker/);
  assert.equal(image.config.descriptor.digest, before.config.descriptor.digest);
  assert.equal(docker.isChanged, true);
  const back = await convert(`${layout}:docker`, { format: 'oci', tag: 'oci', hostPlatform });
  assert.equal(back.images[0]?.imageID, before.config.descriptor.digest);
  assert.match(
    (await convert(`${layout}:docker`, { format: 'docker', tag: 'd', hostPlatform })).warnings.join(),
    /docker passes over its annotations/,
  );
  for (const compression of ['zstd', 'estargz', 'zstd:chunked'] as const)
    await assert.rejects(
      convert(`${layout}:app`, { compression, format: 'docker', hostPlatform }),
      refusal(/gzip or none/, 'usage'),
    );
  await convert(`${layout}:multi`, { format: 'docker', allPlatforms: true, output: join(directory, 'out:multi') });
  const index = JSON.parse(readFileSync(join(directory, 'out/index.json'), 'utf8')) as {
    manifests: { mediaType: string }[];
  };
  assert.match(index.manifests[0]?.mediaType ?? '', /manifest\.list/);
  await isValid(join(directory, 'out'));
  await isValid(layout);
});

test('documents that leave it to others to say what type they are keep their bytes where they are of it, whatever is asked of them', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const { digest, platform } = putImage(layout, { layers: [{ tar: layerTar([]) }] });
  const { mediaType, ...manifest } = JSON.parse(readFileSync(blobFile(layout, digest), 'utf8')) as {
    readonly mediaType: string;
  };
  const silent = { ...putJson(layout, mediaType, manifest), ...(platform === undefined ? {} : { platform }) };
  const ofIndex = 'application/vnd.oci.image.index.v1+json';
  putName(layout, 'one', silent);
  putName(layout, 'all', putJson(layout, ofIndex, { schemaVersion: 2, manifests: [silent] }));
  for (const name of ['one', 'all']) {
    const image = `${layout}:${name}`;
    assert.equal((await convert(image, { format: 'oci', allPlatforms: true })).isChanged, false, name);
    const { manifest: before } = await copy(image, `${layout}:copied`, { all: true });
    assert.equal((await copy(image, `${layout}:copied`, { format: 'oci', all: true })).manifest, before, name);
    const docker = await convert(image, { format: 'docker', allPlatforms: true, tag: 'docker' });
    assert.equal(docker.isChanged, true);
    assert.equal((await convert(`${layout}:docker`, { format: 'docker', allPlatforms: true })).isChanged, false, name);
    await convert(`${layout}:docker`, { format: 'oci', allPlatforms: true, tag: 'back' });
  }
  await isValid(layout);
});

test('with neither a form nor media types there is nothing to do, and that is said', async t => {
  const { layout } = await made(t);
  await assert.rejects(convert(`${layout}:app`), refusal(/expected option compression or option format/, 'usage'));
  await assert.rejects(convert(`${layout}:app`, { format: 'oci', level: 3 }), refusal(/compression/, 'usage'));
});

test('a layer with a table of contents that is written anew has neither the table nor its files, and a warning says so', async t => {
  const place = await made(t);
  const lazy = `${place.directory}/lazy:e`;
  await convert(place.operands('image').source, { compression: 'estargz', hostPlatform, output: lazy });
  const changes = [
    squash(lazy, { hostPlatform, tag: 'squashed' }),
    strip(lazy, ['/etc/motd'], { hostPlatform, tag: 'stripped' }),
  ];
  for (const { warnings } of await Promise.all(changes))
    assert.match(warnings.join('\n'), /was estargz is written anew without a table of contents/);
  for (const name of ['squashed', 'stripped']) {
    const operand = `${place.directory}/lazy:${name}`;
    const { source, image } = await openImage(operand, { hostPlatform });
    for (const layer of layersOf(image)) {
      if (layer.descriptor.annotations !== undefined) continue;
      const names: string[] = [];
      const origin = { identity: '', subject: name, contained: true };
      const sink = {
        entry: (entry: LayerEntry) => void names.push(entry.path),
        data: () => undefined,
        end: () => undefined,
      };
      await readLayer(layerBytes(source, layer), origin, sink);
      assert.deepEqual(names.filter(isAdded), [], name);
    }
  }
  await isValid(`${place.directory}/lazy`);
});
