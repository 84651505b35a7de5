import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestOf } from '../spec/digest.ts';
import { layerTar, makeLayout, putImage, putIndex, putJson, putName } from '../testing/layout-files.ts';
import { directory } from '../testing/scripts.ts';
import { tarOf } from '../testing/tar-of.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commit } from './commit.ts';
import { copy } from './copy.ts';
import { diff } from './diff.ts';
import { exportImage } from './export-image.ts';
import { history } from './history.ts';
import { images } from './images.ts';
import { createIndex } from './index-images.ts';
import { init } from './init.ts';
import { inspect, inspectRaw } from './inspect.ts';
import { load } from './load.ts';
import { save } from './save.ts';
import { tag } from './tag.ts';
import { unpack } from './unpack.ts';
import { untag } from './untag.ts';
import { validate } from './validate.ts';

const tar = layerTar([{ kind: 'node', path: 'd', node: directory() }]);
const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } });

test("an archive's keys count in any case, and no name of its RepoTags is lost in silence", async t => {
  const place = temporaryDirectory(t);
  const item = { config: 'c.json', repoTags: ['app:v1', 'Capitals:v1', 'no name'], layers: null };
  const file = await tarOf(join(place, 'a.tar'), { 'c.json': config, 'manifest.json': JSON.stringify([item]) });
  const { images: loaded, warnings } = await load(file, join(place, 'L'));
  assert.deepEqual(
    loaded.map(({ name }) => name),
    ['app:v1', 'Capitals:v1'],
  );
  assert.match(warnings[0] ?? '', /'Capitals:v1': .*kept as a plain name/);
  assert.match(warnings[1] ?? '', /'no name': .*names nothing/);
});

test('save says which names docker has no place for, and the OCI part keeps them', async t => {
  const place = temporaryDirectory(t);
  const layout = makeLayout(join(place, 'L'));
  putName(layout, 'v1+b', putImage(layout, { layers: [{ tar }] }));
  for (const format of ['universal', 'docker'] as const) {
    const { warnings } = await save([`${layout}:v1+b`], join(place, `${format}.tar`), { format });
    assert.match(warnings.join(), /v1\+b: docker has no such name/, format);
  }
  const { images: loaded } = await load(join(place, 'universal.tar'), join(place, 'M'));
  assert.deepEqual(
    loaded.map(({ name }) => name),
    ['v1+b'],
  );
});

test('what Go writes for an empty list, and what cosign writes, are warnings of validate', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'L'));
  const made = putImage(layout, {
    layers: [],
    config: {
      architecture: '',
      os: '',
      history: null,
      config: { Env: null },
      rootfs: { type: 'layers', diff_ids: null },
    },
    manifest: { layers: null },
  });
  const { platform: _, ...entry } = made;
  putName(layout, 'a', entry);
  const { findings } = await validate(layout);
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.deepEqual(new Set(findings.map(({ code }) => code)), new Set(['null-list', 'platform-empty']));
});

test('an image whose config does not say what it is for is committed over and listed, without a platform', async t => {
  const place = temporaryDirectory(t);
  const layout = makeLayout(join(place, 'L'));
  const made = putImage(layout, { layers: [{ tar }], config: { architecture: '', os: '' } });
  const { platform: _, ...entry } = made;
  putName(layout, 'a', entry);
  await unpack(`${layout}:a`, join(place, 'bundle'), { bundle: true });
  assert.equal((await commit(join(place, 'bundle'), `${place}/M:b`, { keepBase: true })).layer, null);
  await createIndex(`${place}/M:c`, [`${layout}:a`]);
  const { manifests } = JSON.parse(readFileSync(join(place, 'M/index.json'), 'utf8')) as { manifests: object[] };
  assert.deepEqual(
    manifests.map(entry => 'platform' in entry),
    [false, false],
  );
});

test('attestations name the new manifest of what they are about, or are left out of a list of docker, with a warning', async t => {
  const place = temporaryDirectory(t);
  const layout = makeLayout(join(place, 'L'));
  const image = putImage(layout, { layers: [{ tar }] });
  const keys = { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': image.digest };
  const about = { ...putImage(layout, { layers: [], architecture: 'unknown' }), annotations: keys };
  putName(layout, 'm', putIndex(layout, [image, { ...about, platform: { os: 'unknown', architecture: 'unknown' } }]));
  for (const [option, left] of [
    [{ compression: 'zstd' }, 2],
    [{ format: 'docker' }, 1],
  ] as const) {
    const out = join(place, `out${left}`);
    const { manifest, warnings } = await copy(`${layout}:m`, `${out}:m`, { all: true, ...option });
    assert.equal(warnings.length, 1);
    const bytes = readFileSync(join(out, 'blobs/sha256', manifest.slice('sha256:'.length)), 'utf8');
    const { manifests } = JSON.parse(bytes) as {
      manifests: { digest: string; annotations?: Record<string, string> }[];
    };
    assert.equal(manifests.length, left);
    for (const { annotations } of manifests.slice(1))
      assert.equal(annotations?.['vnd.docker.reference.digest'], manifests[0]?.digest);
  }
});

test('the raw bytes of an artifact and of an entry of an unknown type are there to be seen', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'L'));
  const artifact = putImage(layout, {
    layers: [],
    manifest: { config: putJson(layout, 'application/vnd.x.config', { x: 1 }) },
  });
  const { platform: _, ...entry } = artifact;
  putName(layout, 'artifact', entry);
  const unknown = putJson(layout, 'application/vnd.x', { y: 2 });
  putName(layout, 'unknown', unknown);
  putName(layout, 'several', putIndex(layout, [unknown]));
  assert.equal(Buffer.from(await inspectRaw(`${layout}:artifact`, 'config')).toString(), '{"x":1}');
  assert.match(Buffer.from(await inspectRaw(`${layout}:artifact`, 'manifest')).toString(), /vnd\.x\.config/);
  assert.equal(Buffer.from(await inspectRaw(`${layout}:unknown`, 'manifest')).toString(), '{"y":2}');
  assert.match(Buffer.from(await inspectRaw(`${layout}:several`, 'index')).toString(), /vnd\.x/);
  assert.equal(
    Buffer.from(await inspectRaw(layout, 'index')).toString(),
    readFileSync(join(layout, 'index.json'), 'utf8'),
  );
});

test('entries of types that nobody knows are copied, saved, loaded and named as they are, alone and in an index', async t => {
  const place = temporaryDirectory(t);
  const layout = makeLayout(join(place, 'L'));
  const unknown = putJson(layout, 'application/vnd.x.v1+json', { schemaVersion: 3, y: 2 });
  putName(layout, 'alone', unknown);
  putName(layout, 'several', putIndex(layout, [putImage(layout, { layers: [{ tar }] }), unknown]));
  const digests = new Map<string, string>();
  for (const name of ['alone', 'several']) {
    const from = `${layout}:${name}`;
    const { manifest } = await copy(from, `${place}/copied:${name}`, { all: true });
    digests.set(name, manifest);
    await save([from], join(place, 'saved.tar'), { format: 'oci' });
    const { images: loaded } = await load(join(place, 'saved.tar'), join(place, name));
    assert.deepEqual(
      loaded.map(image => image.digest),
      [manifest],
      name,
    );
    assert.equal((await tag(from, [`${name}2`])).digest, manifest);
    await untag([`${layout}:${name}2`]);
  }
  for (const out of ['copied', 'alone', 'several']) {
    assert.equal(
      Buffer.from(await inspectRaw(`${place}/${out}@${unknown.digest}`, 'manifest')).toString(),
      '{"schemaVersion":3,"y":2}',
    );
    assert.deepEqual((await validate(join(place, out))).findings, []);
  }
  assert.equal(digests.get('alone'), unknown.digest);
});

test('an archive of docker 25 whose index.json says null for its manifests is what its manifest.json lists', async t => {
  const place = temporaryDirectory(t);
  const item = { Config: 'c.json', RepoTags: ['app:v1'], Layers: null };
  for (const manifests of [null, []]) {
    const file = await tarOf(join(place, 'a.tar'), {
      'oci-layout': '{"imageLayoutVersion":"1.0.0"}',
      'index.json': JSON.stringify({ schemaVersion: 2, manifests }),
      'c.json': config,
      'manifest.json': JSON.stringify([item]),
    });
    assert.deepEqual(
      (await images([file])).map(({ repository, tag: name }) => `${repository}:${name}`),
      ['app:v1'],
    );
    const { images: loaded } = await load(file, join(place, `L${manifests?.length}`));
    assert.deepEqual(
      loaded.map(({ name }) => name),
      ['app:v1'],
    );
  }
});

test('a directory with an index and blobs and no oci-layout is read as a layout, with a warning, and not written to', async t => {
  const place = temporaryDirectory(t);
  const bare = makeLayout(join(place, 'L'));
  putName(bare, 'v1', putImage(bare, { layers: [{ tar }] }));
  rmSync(join(bare, 'oci-layout'));
  const files = readdirSync(bare);
  const said = /L: no file oci-layout/;
  const image = `${bare}:v1`;
  for (const read of [
    (notices: string[]) => images([bare], { notices }),
    (notices: string[]) => inspect([image, bare], { notices }),
    (notices: string[]) => inspectRaw(image, 'config', { notices }),
    (notices: string[]) => history(image, { notices }),
  ]) {
    const notices: string[] = [];
    await read(notices);
    assert.equal(notices.length, 1);
    assert.match(notices[0] ?? '', said);
  }
  for (const [verb, result] of Object.entries({
    unpack: await unpack(image, join(place, 'out'), { rootless: true }),
    diff: await diff(image, join(place, 'out')),
    export: await exportImage(image, join(place, 'out.tar')),
    save: await save([image], join(place, 'saved.tar')),
    copy: await copy(image, join(place, 'copied:v1')),
    load: await load(bare, join(place, 'loaded')),
    commit: await commit(join(place, 'out'), join(place, 'made:v2'), { base: image }),
  }))
    assert.match(result.warnings.join('\n'), said, verb);
  const { findings } = await validate(bare);
  assert.deepEqual(
    findings.map(({ severity, code }) => [severity, code]),
    [['warning', 'layout-header-missing']],
  );
  const refused = /expected an image layout to write to, got one without the file oci-layout/;
  await assert.rejects(tag(image, ['v2']), refused);
  await assert.rejects(untag([image]), refused);
  await assert.rejects(init(bare), refused);
  await assert.rejects(copy(join(place, 'copied:v1'), `${bare}:v2`), refused);
  assert.deepEqual(readdirSync(bare), files);
});

test('of images for several versions of Windows a platform with a version picks, builds of it as well', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'L'));
  const entries = ['10.0.17763.5', '10.0.20348.7'].map(version => {
    const details = { os: 'windows', 'os.version': version };
    const image = putImage(layout, { layers: [], config: details });
    return { ...image, platform: { architecture: 'amd64', ...details } };
  });
  putName(layout, 'w', putIndex(layout, entries));
  for (const [platform, at] of [
    ['windows/amd64', 0],
    ['windows(10.0.17763)/amd64', 0],
    ['windows(10.0.20348)/amd64', 1],
    ['windows(10.0.20348.7)/amd64', 1],
  ] as const) {
    const manifest = await inspectRaw(`${layout}:w`, 'manifest', { platform });
    assert.equal(digestOf(manifest), entries[at]?.digest, platform);
  }
  await assert.rejects(
    inspect([`${layout}:w`], { platform: 'windows(10.0.2)/amd64' }),
    /got windows\(10\.0\.17763\.5\)\/amd64, windows\(10\.0\.20348\.7\)\/amd64/,
  );
});

test('an image that comes near to more layers than docker runs is warned of, and is made', async t => {
  const place = temporaryDirectory(t);
  const layout = makeLayout(join(place, 'L'));
  for (const count of [119, 120])
    putName(layout, `n${count}`, putImage(layout, { layers: Array.from({ length: count }, () => ({ tar })) }));
  mkdirSync(join(place, 'rootfs/new'), { recursive: true });
  const made = (count: number, squash: boolean): Promise<{ readonly warnings: readonly string[] }> =>
    commit(join(place, 'rootfs'), `${layout}:made`, { base: `${layout}:n${count}`, squash });
  assert.deepEqual((await made(119, false)).warnings, []);
  assert.match(
    (await made(120, false)).warnings.join(),
    /^the image has 121 layers: docker runs none of more than 127/,
  );
  assert.deepEqual((await made(120, true)).warnings, []);
});
