import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { refusal } from '../testing/answers.ts';
import { fixtureCases } from '../testing/fixtures.ts';
import { makeLayout, putImage, putJson, putName } from '../testing/layout-files.ts';
import { rawTar } from '../testing/raw-tar.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { append } from './append.ts';
import { attach } from './attach.ts';
import { config } from './config.ts';
import { copy } from './copy.ts';
import { createIndex, listIndex, removeFromIndex } from './index-images.ts';
import { inspectRaw } from './inspect.ts';
import { rebase } from './rebase.ts';
import { referrers } from './referrers.ts';

/*
 * Tables of the shared fixtures that say in words what a peer does: one test a row, by the words it begins with. A row that no test
 * knows is told of and not run.
 */

const hostPlatform = { os: 'linux', architecture: 'amd64' };
type Rule = (t: TestContext) => Promise<void>;
type Fields = Readonly<Record<string, unknown>>;

const documentOf = async (image: string, what: 'config' | 'manifest' | 'index' = 'config'): Promise<Fields> =>
  JSON.parse(Buffer.from(await inspectRaw(image, what, { hostPlatform })).toString()) as Fields;

const parametersOf = async (image: string): Promise<Fields> => (await documentOf(image))['config'] as Fields;

async function runTable(
  t: TestContext,
  words: readonly string[],
  rules: Readonly<Record<string, Rule>>,
): Promise<void> {
  for (const row of words) {
    const rule = rules[row];
    if (rule === undefined) t.diagnostic(`no test of this row: ${row}`);
    await t.test(row, async inner => rule?.(inner));
  }
}

const tar = (name: string): { readonly tar: Uint8Array } => ({ tar: rawTar([[name, name]]) });

/** A layout with an image `app` of one layer. */
function layoutOf(t: TestContext, document: object = {}, manifest: object = {}): string {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  putName(layout, 'app', putImage(layout, { layers: [tar('a')], config: document, manifest }));
  return layout;
}

const craneRules: Readonly<Record<string, Rule>> = {
  async entrypoint(t) {
    const app = `${layoutOf(t, { config: { Cmd: ['old'], Entrypoint: ['e'] } })}:app`;
    await config(app, { instructions: ['ENTRYPOINT ["new"]'] });
    assert.deepEqual(await parametersOf(app), { Entrypoint: ['new'] });
    await config(app, { instructions: ['ENTRYPOINT ["newer"]', 'CMD ["c"]'] });
    assert.deepEqual(await parametersOf(app), { Entrypoint: ['newer'], Cmd: ['c'] });
  },
  async cmd(t) {
    const app = `${layoutOf(t, { config: { Cmd: ['old'], Entrypoint: ['e'] } })}:app`;
    await config(app, { instructions: ['CMD ["new"]'] });
    assert.deepEqual(await parametersOf(app), { Entrypoint: ['e'], Cmd: ['new'] });
  },
  async env(t) {
    const app = `${layoutOf(t, { config: { Env: ['A=1', 'BARE', 'B=2'] } })}:app`;
    await config(app, { set: ['env:B=3', 'env:Z=9', 'env:C=4'] });
    // A variable without = is no error here: engines take it.
    assert.deepEqual(await parametersOf(app), { Env: ['A=1', 'BARE', 'B=3', 'Z=9', 'C=4'] });
  },
  async 'label / annotation'(t) {
    const app = `${layoutOf(t, { config: {} })}:app`;
    await config(app, { set: ['label:a=', 'label:b=c'], annotations: ['d='] });
    // An empty value is one here, and there is a way to remove.
    assert.deepEqual(await parametersOf(app), { Labels: { a: '', b: 'c' } });
    assert.deepEqual((await documentOf(app, 'manifest'))['annotations'], { d: '' });
    await config(app, { unset: ['label:a', 'annotation:d'] });
    assert.deepEqual(await parametersOf(app), { Labels: { b: 'c' } });
    assert.equal((await documentOf(app, 'manifest'))['annotations'], undefined);
  },
  async 'exposed-ports'(t) {
    const app = `${layoutOf(t, { config: { ExposedPorts: { '1/tcp': {} } } })}:app`;
    // crane replaces the whole set: unset without a name does.
    await config(app, { unset: ['port'], set: ['port:80/tcp', 'port:53/udp'] });
    assert.deepEqual(await parametersOf(app), { ExposedPorts: { '80/tcp': {}, '53/udp': {} } });
  },
  async 'user, workdir'(t) {
    const app = `${layoutOf(t, { config: { User: 'me' } })}:app`;
    await config(app, { set: ['user=1', 'workdir=/w'] });
    assert.deepEqual(await parametersOf(app), { User: '1', WorkingDir: '/w' });
  },
  async 'set-platform'(t) {
    const app = `${layoutOf(t, { variant: 'v8', 'os.version': '1' })}:app`;
    await config(app, { set: ['os=linux', 'architecture=arm', 'variant=v7'] });
    const { os, architecture, variant, ...others } = await documentOf(app);
    assert.deepEqual([os, architecture, variant, others['os.version']], ['linux', 'arm', 'v7', undefined]);
  },
  async append(t) {
    const layout = layoutOf(t, { config: {} });
    const file = join(layout, '../b.tar');
    writeFileSync(file, tar('b').tar);
    const { images } = await append(`${layout}:app`, [{ tar: file }], { instructions: ['USER me'] });
    const { history, rootfs } = (await documentOf(`${layout}:app`)) as {
      history: Fields[];
      rootfs: { diff_ids: string[] };
    };
    assert.equal(rootfs.diff_ids[1], images[0]?.layers[0]?.diffID);
    assert.match(String(history[1]?.['created_by']), /^append .*b\.tar$/);
    assert.deepEqual(await parametersOf(`${layout}:app`), { User: 'me' });
  },
  async any(t) {
    const layout = layoutOf(t, { odd: 1 }, { odd: 2 });
    putName(layout, 'arm', putImage(layout, { layers: [tar('a')], architecture: 'arm64' }));
    await createIndex(`${layout}:multi`, [`${layout}:app`, `${layout}:arm`]);
    // Of an index neither is the rest lost, nor is one platform of it taken in silence; subject and unknown fields stay.
    const { warnings } = await config(`${layout}:multi`, { set: ['user=me'], hostPlatform });
    assert.match(warnings.join(), /only the image of one platform is changed/);
    assert.equal((await listIndex(`${layout}:multi`)).entries.length, 2);
    const elsewhere = await config(`${layout}:multi`, { set: ['user=you'], hostPlatform, tag: 'one' });
    assert.match(elsewhere.warnings.join(), /only the image of one platform is taken/);
    for (const choice of [{ platform: 'linux/amd64' }, { allPlatforms: true }])
      assert.deepEqual((await config(`${layout}:multi`, { set: ['user=you'], tag: 'one', ...choice })).warnings, []);
    const subject = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: `sha256:${'0'.repeat(64)}`,
      size: 1,
    };
    putName(layout, 'about', putImage(layout, { layers: [], config: { odd: 1 }, manifest: { subject, odd: 2 } }));
    await config(`${layout}:about`, { set: ['user=me'] });
    const manifest = await documentOf(`${layout}:about`, 'manifest');
    assert.deepEqual(
      [manifest['subject'], manifest['odd'], (await documentOf(`${layout}:about`))['odd']],
      [subject, 2, 1],
    );
  },
};

test('what crane mutate does with each flag, and where config differs from it', async t => {
  const cases = fixtureCases<{ flag: string }>(t, 'change/config/crane-mutate.json') ?? [];
  await runTable(
    t,
    cases.map(({ flag }) => flag),
    craneRules,
  );
});

interface Shape {
  readonly layers: readonly string[];
  readonly config?: object;
}

/** A layout with `old`, `app` and `new`, each of some layers. */
function bases(t: TestContext, shapes: Readonly<Record<'old' | 'app' | 'new', Shape>>): string {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  for (const [name, { layers, config: document = {} }] of Object.entries(shapes))
    putName(layout, name, putImage(layout, { layers: layers.map(tar), config: { config: {}, ...document } }));
  return layout;
}

const moved = async (layout: string) => {
  await rebase(`${layout}:app`, { oldBase: `${layout}:old`, newBase: `${layout}:new`, hostPlatform });
  return (await documentOf(`${layout}:app`)) as {
    history: readonly { created_by?: string; empty_layer?: boolean }[];
    rootfs: { diff_ids: readonly string[] };
    'os.version'?: string;
  };
};
const rows = (count: number, word: string): readonly object[] =>
  Array.from({ length: count }, (_, at) => ({ created_by: `${word} ${at + 1}` }));

const rebaseRules: Readonly<Record<string, Rule>> = {
  async plain(t) {
    const old = ['1', '2', '3', '4', '5'];
    const history = [...rows(5, 'old'), { created_by: 'ENV', empty_layer: true }, { created_by: 'own' }];
    const layout = bases(t, {
      old: { layers: old, config: { history: rows(5, 'old') } },
      app: { layers: [...old, 'own'], config: { history } },
      new: { layers: ['6', '7', '8'], config: { history: rows(3, 'new'), 'os.version': '10.0.17763.1339' } },
    });
    const { history: found, rootfs, 'os.version': version } = await moved(layout);
    assert.deepEqual([rootfs.diff_ids.length, version], [4, '10.0.17763.1339']);
    assert.deepEqual(
      found.map(row => row.created_by),
      ['new 1', 'new 2', 'new 3', 'ENV', 'own'],
    );
    assert.equal(found[3]?.empty_layer, true);
    // Another architecture, which crane takes over in silence, is refused: nobody has built the image for it.
    const arm = bases(t, {
      old: { layers: ['1'] },
      app: { layers: ['1', '2'] },
      new: { layers: ['3'], config: { architecture: 'arm' } },
    });
    await assert.rejects(moved(arm), refusal(/linux\/amd64/));
  },
  async 'history claims more layers than there are'(t) {
    const layout = bases(t, {
      old: { layers: [], config: { history: [] } },
      app: { layers: ['1'] },
      new: { layers: [], config: { history: rows(1, 'new') } },
    });
    await assert.rejects(moved(layout), refusal(/lines of history with a layer, got 1/));
  },
  async 'base without history'(t) {
    const layout = bases(t, {
      old: { layers: [], config: { history: [] } },
      app: { layers: ['1'] },
      new: { layers: ['2', '3', '4'], config: { history: null } },
    });
    const { history, rootfs } = await moved(layout);
    assert.equal(rootfs.diff_ids.length, 4);
    assert.deepEqual(
      history.map(row => row.created_by),
      [undefined, undefined, undefined, 'layer 1'],
    );
  },
  async 'recompressed base'(t) {
    const layout = bases(t, { old: { layers: ['1'] }, app: { layers: ['1', '2'] }, new: { layers: ['3'] } });
    await copy(`${layout}:old`, `${layout}:zstd`, { compression: 'zstd' });
    await rebase(`${layout}:app`, { oldBase: `${layout}:zstd`, newBase: `${layout}:new` });
    assert.equal(
      ((await documentOf(`${layout}:app`)) as { rootfs: { diff_ids: unknown[] } }).rootfs.diff_ids.length,
      2,
    );
  },
  async 'old base scratch'(t) {
    const layout = bases(t, {
      old: { layers: [], config: { history: [] } },
      app: { layers: ['1', '2'] },
      new: { layers: ['3', '4'] },
    });
    assert.equal((await moved(layout)).rootfs.diff_ids.length, 4);
  },
};

test("the shapes of images that go-containerregistry's rebase has tests for", async t => {
  const cases = fixtureCases<{ name: string }>(t, 'change/rebase/ggcr.json') ?? [];
  await runTable(
    t,
    cases.map(({ name }) => name),
    rebaseRules,
  );
});

/** A layout with images of two platforms, and an index of them. */
async function indexed(t: TestContext): Promise<string> {
  const layout = layoutOf(t);
  const { platform: _, ...arm } = putImage(layout, {
    layers: [tar('a')],
    architecture: 'aarch64',
    config: { variant: 'v8' },
  });
  putName(layout, 'arm', arm);
  await createIndex(`${layout}:multi`, [`${layout}:app`, `${layout}:arm`]);
  return layout;
}

const platforms = async (index: string): Promise<readonly (string | null)[]> =>
  (await listIndex(index)).entries.map(({ platform }) => platform);

const indexRules: Readonly<Record<string, Rule>> = {
  async 'one index, no annotations'(t) {
    const layout = await indexed(t);
    const { manifest } = await createIndex(`${layout}:same`, [`${layout}:multi`]);
    assert.equal(manifest, (await listIndex(`${layout}:multi`)).manifest);
  },
  // One image is an index of one here: tag gives an image another name.
  async 'one manifest, prefer-index false'(t) {
    const layout = await indexed(t);
    assert.match((await createIndex(`${layout}:one`, [`${layout}:app`])).mediaType, /index/);
  },
  async 'one manifest, prefer-index true'(t) {
    const layout = await indexed(t);
    assert.equal((await createIndex(`${layout}:one`, [`${layout}:app`])).entries.length, 1);
  },
  async 'several sources'(t) {
    const layout = await indexed(t);
    const images = [`${layout}:arm`, `${layout}:multi`, `${layout}:app`];
    await createIndex(`${layout}:flat`, images);
    assert.deepEqual(await platforms(`${layout}:flat`), ['linux/aarch64/v8', 'linux/amd64']);
  },
  // The config's own words stay; platforms are compared in their normal form.
  async 'platform of a plain manifest'(t) {
    const layout = await indexed(t);
    await removeFromIndex(`${layout}:multi`, [], { platforms: ['linux/arm64'] });
    assert.deepEqual(await platforms(`${layout}:multi`), ['linux/amd64']);
  },
  async 'all entries of docker types'(t) {
    const layout = await indexed(t);
    await copy(`${layout}:app`, `${layout}:docker`, { format: 'docker' });
    assert.match((await createIndex(`${layout}:list`, [`${layout}:docker`])).mediaType, /docker.*list/);
    assert.match((await createIndex(`${layout}:mixed`, [`${layout}:docker`, `${layout}:arm`])).mediaType, /oci/);
  },
  async 'schema 1'(t) {
    const layout = layoutOf(t);
    const type = 'application/vnd.docker.distribution.manifest.v1+json';
    putName(layout, 'old', putJson(layout, type, { schemaVersion: 1, fsLayers: [] }));
    await assert.rejects(createIndex(`${layout}:new`, [`${layout}:old`]), refusal(/manifest|schema|v1/));
  },
  async '--platform filter'(t) {
    const layout = await indexed(t);
    const all = await createIndex(`${layout}:all`, [`${layout}:multi`], { platforms: ['amd64', 'arm64'] });
    assert.equal(all.manifest, (await listIndex(`${layout}:multi`)).manifest);
    await createIndex(`${layout}:one`, [`${layout}:multi`], { platforms: ['arm64'] });
    assert.deepEqual(await platforms(`${layout}:one`), ['linux/aarch64/v8']);
    await assert.rejects(
      createIndex(`${layout}:none`, [`${layout}:multi`], { platforms: ['s390x'] }),
      refusal(/s390x/),
    );
  },
  async 'an attestation that is only a referrer (subject)'(t) {
    const layout = await indexed(t);
    const [amd64] = (await listIndex(`${layout}:multi`)).entries;
    const { platform: _, ...made } = putImage(layout, {
      layers: [],
      manifest: {
        artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
        subject: { mediaType: amd64?.mediaType, digest: amd64?.digest, size: amd64?.size },
      },
    });
    putName(layout, 'attestation', made);
    const { entries } = await createIndex(`${layout}:new`, [`${layout}:app`]);
    const { platform, artifactType, attests } = entries[1] ?? {};
    assert.deepEqual([platform, artifactType, attests], ['unknown/unknown', null, amd64?.digest]);
  },
  async 'annotation index:K=V / manifest-descriptor[platform]:K=V'(t) {
    const layout = await indexed(t);
    const said = { annotations: ['a=b'], entryAnnotations: ['c=d'] };
    const { entries } = await createIndex(`${layout}:new`, [`${layout}:multi`], said);
    assert.deepEqual((await documentOf(`${layout}:new`, 'index'))['annotations'], { a: 'b' });
    assert.deepEqual(
      entries.map(({ annotations }) => annotations),
      [{ c: 'd' }, { c: 'd' }],
    );
  },
  // What a manifest says of itself, config changes; there is no descriptor of an index but in index.json.
  async 'annotation manifest:K=V or index-descriptor:K=V'(t) {
    const layout = await indexed(t);
    const before = (await listIndex(`${layout}:multi`)).entries.map(({ digest }) => digest);
    const { entries } = await createIndex(`${layout}:new`, [`${layout}:multi`], { annotations: ['a=b'] });
    assert.deepEqual(
      entries.map(({ digest }) => digest),
      before,
    );
  },
  async 'target is a layout'(t) {
    const layout = await indexed(t);
    const file = join(layout, '../note');
    writeFileSync(file, 'note');
    await attach(`${layout}:app`, [{ file }], { artifactType: 'a/b' });
    const { manifests } = (await documentOf(layout, 'index')) as {
      manifests: { annotations?: Record<string, string> }[];
    };
    const subjects = manifests.map(({ annotations }) => annotations?.['io.containerd.manifest.subject']);
    assert.equal(subjects.filter(Boolean).length, 1);
    assert.equal((await referrers(`${layout}:app`)).referrers.length, 1);
  },
};

test('what buildx imagetools create makes of its sources', async t => {
  const cases = fixtureCases<{ input: string }>(t, 'change/index/buildx-imagetools.json') ?? [];
  await runTable(
    t,
    cases.map(({ input }) => input),
    indexRules,
  );
});
