import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { layerTar, makeLayout, putImage, putIndex, putJson, putName } from '../testing/layout-files.ts';
import { directory } from '../testing/scripts.ts';
import { tarOf } from '../testing/tar-of.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { copy } from './copy.ts';
import { inspectRaw } from './inspect.ts';
import { load } from './load.ts';
import { save } from './save.ts';
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
  putName(layout, 'unknown', putJson(layout, 'application/vnd.x', { y: 2 }));
  assert.equal(Buffer.from(await inspectRaw(`${layout}:artifact`, 'config')).toString(), '{"x":1}');
  assert.match(Buffer.from(await inspectRaw(`${layout}:artifact`, 'manifest')).toString(), /vnd\.x\.config/);
  assert.equal(Buffer.from(await inspectRaw(`${layout}:unknown`, 'manifest')).toString(), '{"y":2}');
});
