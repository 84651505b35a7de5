import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { mergeConfigs } from '../image/merge-config.ts';
import { openNamed } from '../store/open-operand.ts';
import { isValid, refusal } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import { copyWritable, fixture, fixtureCases } from '../testing/fixtures.ts';
import { imageOf } from '../testing/images.ts';
import { layerTar, type MadeDescriptor, makeLayout, putImage, putIndex, putName } from '../testing/layout-files.ts';
import { readWholeImage } from '../testing/read-image.ts';
import { directory, symlink, textFile } from '../testing/scripts.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import type { LayerEntry } from '../tree/node.ts';
import { checkBase } from './check-base.ts';
import { config } from './config.ts';
import { copy } from './copy.ts';
import { rebase } from './rebase.ts';

const textOf = (source: string): Uint8Array => Buffer.from(source.slice('text '.length));
const tarOf = (entries: readonly LayerEntry[]): Buffer =>
  Buffer.from(layerTar(entries, node => textOf(node.content.source)));
const file = (path: string, text: string): LayerEntry => ({ kind: 'node', path, node: textFile(text) });
const dir = (path: string): LayerEntry => ({ kind: 'node', path, node: directory() });

const old = [tarOf([dir('etc'), file('etc/os', 'old'), dir('bin'), file('bin/sh', 'old shell')])];
const fresh = [tarOf([dir('etc'), file('etc/os', 'new')]), tarOf([dir('bin'), file('bin/sh', 'new shell')])];
const top = tarOf([dir('app'), file('app/main', 'the program')]);

const env = (...Env: readonly string[]): object => ({ Env });

/** A layout with images `old`, `new` and, on the old one, `app`; all of them for two platforms as `many-…`. */
function layoutOf(t: TestContext, tops: readonly Uint8Array[] = [top], bases = { old, fresh }): string {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const put = (tars: readonly Uint8Array[], container: object, architecture: string): MadeDescriptor =>
    putImage(layout, { layers: tars.map(tar => ({ tar })), architecture, config: { config: container } });
  const all = (architecture: string) => ({
    old: put(bases.old, { ...env('PATH=/bin', 'V=1'), User: 'old', Labels: { base: 'old' } }, architecture),
    new: put(bases.fresh, { ...env('PATH=/usr/bin:/bin', 'V=2'), User: 'new', Labels: { base: 'new' } }, architecture),
    app: put(
      [...bases.old, ...tops],
      { ...env('PATH=/app:/bin', 'V=1', 'MINE=x'), User: 'old', Cmd: ['main'] },
      architecture,
    ),
  });
  const [amd64, arm64] = [all('amd64'), all('arm64')];
  for (const name of ['old', 'new', 'app'] as const) {
    putName(layout, name, amd64[name]);
    putName(layout, `many-${name}`, putIndex(layout, [amd64[name], arm64[name]]));
  }
  return layout;
}

test('the new base is below, what is above keeps its bytes, and the config is as a rebuild would make it', async t => {
  const layout = layoutOf(t);
  const before = await readWholeImage(`${layout}:app`);
  const base = await readWholeImage(`${layout}:new`);
  const result = await rebase(`${layout}:app`, { oldBase: `${layout}:old`, newBase: `${layout}:new`, tag: 'out' });
  const after = await readWholeImage(`${layout}:out`);
  assert.deepEqual(after.image.manifest.value.layers, [
    ...base.image.manifest.value.layers,
    ...before.image.manifest.value.layers.slice(1),
  ]);
  assert.deepEqual([...after.exact.keys()], ['app', 'app/main', 'bin', 'bin/sh', 'etc', 'etc/os']);
  assert.deepEqual(after.image.config.value.config, {
    User: 'new',
    Env: ['PATH=/app:/usr/bin:/bin', 'V=2', 'MINE=x'],
    Cmd: ['main'],
  });
  assert.deepEqual(after.image.manifest.value.annotations, {
    'org.opencontainers.image.base.digest': base.image.manifest.descriptor.digest,
  });
  assert.deepEqual(
    result.images.map(({ oldLayers, newLayers, conflicts }) => [oldLayers, newLayers, conflicts]),
    [[1, 2, [{ field: '/config/Labels/base', image: undefined, base: 'new' }]]],
  );
  const back = await rebase(`${layout}:out`, { newBase: `${layout}:old`, tag: 'back' });
  const again = await readWholeImage(`${layout}:back`);
  assert.deepEqual(again.image.config.value, before.image.config.value);
  assert.equal(back.isChanged, true);
  await isValid(layout);
});

test('onto the base that it is made on, an image stays as it is', async t => {
  const layout = layoutOf(t);
  const same = await rebase(`${layout}:app`, { oldBase: `${layout}:old`, newBase: `${layout}:old` });
  assert.equal(same.isChanged, false);
  const other = `sha256:${'0'.repeat(64)}`;
  const { digest: known } = (await openNamed(`${layout}:many-old`)).named;
  for (const digest of [other, known]) {
    const said = ['base.digest', 'base.name'].map(key => `org.opencontainers.image.${key}=${digest}`);
    await config(`${layout}:many-app`, { indexAnnotations: said, allPlatforms: true });
    const [oldBase, newBase] = [`${layout}:many-old`, `${layout}:many-old`];
    const { isChanged } = await rebase(`${layout}:many-app`, { oldBase, newBase, allPlatforms: true });
    assert.equal(isChanged, false, digest);
  }
});

test('a base that is stored otherwise is the same base, and what is not made on it is refused', async t => {
  const layout = layoutOf(t);
  await copy(`${layout}:old`, `${layout}:zstd`, { compression: 'zstd' });
  const [one, other] = [
    await rebase(`${layout}:app`, { oldBase: `${layout}:old`, newBase: `${layout}:new`, tag: 'one' }),
    await rebase(`${layout}:app`, { oldBase: `${layout}:zstd`, newBase: `${layout}:new`, tag: 'two' }),
  ];
  assert.equal(one.manifest, other.manifest);
  await assert.rejects(
    rebase(`${layout}:app`, { oldBase: `${layout}:new`, newBase: `${layout}:old` }),
    refusal(/expected an image that is made on .*:new, got another layer 1/, 'conflict'),
  );
  await assert.rejects(
    rebase(`${layout}:app`, { oldBase: `${layout}:old` }),
    refusal(/^newBase: expected an image/, 'usage'),
  );
  await assert.rejects(
    rebase(`${layout}:app`, { newBase: `${layout}:new` }),
    refusal(/base\.digest, got one without/, 'usage'),
  );
});

test('every platform is paired with its own, and attestations of the old image are left out with a warning', async t => {
  const layout = layoutOf(t);
  const many = await readWholeImage(`${layout}:many-app`, 'linux/arm64');
  const { digest } = many.image.manifest.descriptor;
  const statement = putImage(layout, { layers: [] });
  const attestation = {
    ...statement,
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': digest },
  };
  const amd64 = await readWholeImage(`${layout}:many-app`);
  const entry = (image: typeof many, architecture: string): MadeDescriptor => ({
    ...image.image.manifest.descriptor,
    platform: { os: 'linux', architecture },
  });
  putName(layout, 'attested', putIndex(layout, [entry(amd64, 'amd64'), entry(many, 'arm64'), attestation]));
  const result = await rebase(`${layout}:attested`, {
    oldBase: `${layout}:many-old`,
    newBase: `${layout}:many-new`,
    allPlatforms: true,
    tag: 'out',
  });
  assert.deepEqual(
    result.images.map(({ platform }) => platform),
    ['linux/amd64', 'linux/arm64'],
  );
  assert.match(result.warnings.join('\n'), /attestation sha256:\w+ is left out/);
  for (const platform of ['linux/amd64', 'linux/arm64']) {
    const [made, base] = [
      await readWholeImage(`${layout}:out`, platform),
      await readWholeImage(`${layout}:many-new`, platform),
    ];
    assert.deepEqual(made.image.config.value.rootfs.diff_ids.slice(0, 2), base.image.config.value.rootfs.diff_ids);
  }
  await assert.rejects(
    rebase(`${layout}:many-app`, { oldBase: `${layout}:old`, newBase: `${layout}:new`, allPlatforms: true }),
    refusal(/linux\/arm64/, 'not-found'),
  );
  await isValid(layout);
});

test('what the layers above do not find as it was is warned of, and refused where it breaks them', async t => {
  const usr: LayerEntry = { kind: 'node', path: 'bin', node: symlink('usr/bin') };
  const merged = [tarOf([dir('usr'), dir('usr/bin'), file('usr/bin/sh', 'new shell'), usr])];
  const layout = layoutOf(t, [tarOf([dir('bin'), file('bin/tool', 'tool')])], { old, fresh: merged });
  const call = { oldBase: `${layout}:old`, newBase: `${layout}:new`, dryRun: true };
  const { warnings } = await rebase(`${layout}:app`, call);
  assert.match(warnings.join('\n'), /^\/bin is a symlink in the new base, and was a directory/);
  await assert.rejects(
    rebase(`${layout}:app`, { ...call, strict: true }),
    refusal(/\/bin is a symlink/, 'unsupported'),
  );
  const whole = tarOf([file('bin/sh', ''), { kind: 'hardlink', path: 'bin/bash', target: 'bin/sh' }]);
  const gone = [tarOf([dir('etc')])];
  // The parent's entry comes first: what is cut off is the file that the link names.
  const linking = layoutOf(t, [whole.subarray(512)], { old, fresh: gone });
  await assert.rejects(
    rebase(`${linking}:app`, { oldBase: `${linking}:old`, newBase: `${linking}:new` }),
    refusal(/layer 2 links '\/bin\/bash' to '\/bin\/sh'/, 'conflict'),
  );
  const dpkg = (text: string): LayerEntry[] => [
    dir('var'),
    dir('var/lib'),
    dir('var/lib/dpkg'),
    file('var/lib/dpkg/status', text),
  ];
  const packaged = layoutOf(t, [tarOf(dpkg('app'))], { old: [tarOf(dpkg('old'))], fresh: [tarOf(dpkg('new'))] });
  const said = await rebase(`${packaged}:app`, {
    oldBase: `${packaged}:old`,
    newBase: `${packaged}:new`,
    dryRun: true,
  });
  assert.match(said.warnings.join('\n'), /\/var\/lib\/dpkg\/status is the image's own/);
  const layers = { old: [tarOf([dir('a'), file('a/x', '')])], fresh: [tarOf([dir('a'), file('a/new', '')])] };
  const hiding = layoutOf(
    t,
    [
      tarOf([
        { kind: 'whiteout', path: 'a/new' },
        { kind: 'whiteout', path: 'a/x' },
      ]),
    ],
    layers,
  );
  const hidden = await rebase(`${hiding}:app`, {
    oldBase: `${hiding}:old`,
    newBase: `${hiding}:new`,
    dryRun: true,
  });
  assert.deepEqual(
    hidden.warnings.filter(text => text.includes('whiteout')),
    ["/a/new is new in the new base, and a whiteout of the image's hides it"],
  );
});

test('whether an image is made on a base is answered for each platform, and by the exit status', async t => {
  const layout = layoutOf(t);
  assert.deepEqual(await checkBase(`${layout}:many-app`, `${layout}:many-old`), {
    isBased: true,
    images: [
      { platform: 'linux/amd64', isBased: true, layer: null },
      { platform: 'linux/arm64', isBased: true, layer: null },
    ],
  });
  const answer = async (...words: readonly string[]) => {
    const { status, out } = await runCommand(['rebase', ...words, '--check']);
    return [status, out];
  };
  assert.deepEqual(await answer(`${layout}:app`, '--old-base', `${layout}:old`), [0, 'linux/amd64 yes\n']);
  assert.deepEqual(await answer(`${layout}:app`, '--old-base', `${layout}:new`), [
    1,
    'linux/amd64 no: layer 1 is another\n',
  ]);
  assert.equal((await answer(`${layout}:many-app`, '--old-base', `${layout}:old`))[0], 2);
  assert.equal((await answer(`${layout}:app`))[0], 2);
  // Of an image that says what it is made on, nobody has to say it.
  await rebase(`${layout}:app`, { oldBase: `${layout}:old`, newBase: `${layout}:new`, tag: 'rebased' });
  assert.deepEqual(await answer(`${layout}:rebased`), [0, 'linux/amd64 yes\n']);
  const json = await runCommand(['rebase', `${layout}:app`, '--old-base', `${layout}:app`, '--check', '--json']);
  assert.deepEqual(JSON.parse(json.out), {
    isBased: true,
    images: [{ platform: 'linux/amd64', isBased: true, layer: null }],
  });
});

interface Buildpack {
  readonly kind: string;
  readonly label?: string;
  readonly app: string | Readonly<Record<string, string>>;
  readonly new_base: string;
  readonly result: string;
}

test("labels of buildpacks' bases follow the base, and an image that says so is not rebased", async t => {
  const cases = fixtureCases<Buildpack>(t, 'change/rebase/buildpacks.json') ?? [];
  for (const { kind, label = '', app, new_base, result } of cases) {
    if (kind !== 'label') continue;
    const made = { 'io.buildpacks.lifecycle.metadata': '{}' };
    const at = (value: string, others: object = {}) =>
      imageOf({ config: { config: { Labels: { ...(value === '' ? {} : { [label]: value }), ...others } } } }).config
        .value;
    // The old base's labels are not part of the table: those of the stack follow the new one, whatever it said.
    const isOfBase = /^io\.buildpacks\.(stack|base)\./.test(label);
    for (const before of isOfBase ? [String(app), new_base, '', 'other'] : [new_base]) {
      const { config, conflicts } = mergeConfigs({ old: at(before), own: at(String(app), made), fresh: at(new_base) });
      assert.deepEqual([config.config?.Labels?.[label] ?? '', conflicts], [result, []], `${label} of ${before}`);
    }
  }
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const put = (name: string, tars: readonly Uint8Array[], label: string): void =>
    putName(
      layout,
      name,
      putImage(layout, {
        layers: tars.map(tar => ({ tar })),
        config: { config: { Labels: { 'io.buildpacks.rebasable': label } } },
      }),
    );
  put('old', old, '');
  put('new', fresh, '');
  put('never', [...old, top], 'false');
  put('free', [...old, top], '');
  const bases = { oldBase: `${layout}:old`, newBase: `${layout}:new` };
  await assert.rejects(rebase(`${layout}:never`, bases), refusal(/rebasable=false/, 'conflict'));
  const forced = await rebase(`${layout}:never`, { ...bases, force: true });
  assert.deepEqual(
    [forced.isChanged, forced.warnings.filter(text => text.includes('rebasable=false')).length],
    [true, 1],
  );
  assert.equal((await rebase(`${layout}:free`, bases)).isChanged, true);
});

/** How an image and a new base differ in a row about the lifecycle's decision, and what is done here. */
interface Decision {
  readonly labels?: readonly [app: object, base: object];
  readonly is: 'rebased' | 'refused';
}

const stackLabel = (name: string, value: unknown): object => ({ [`io.buildpacks.stack.${name}`]: value });
const mixins = (...names: readonly string[]): object => stackLabel('mixins', JSON.stringify(names));
const runImage = (...mirrors: readonly string[]): object => ({
  'io.buildpacks.lifecycle.metadata': JSON.stringify({ runImage: { image: 'run', mirrors } }),
});

/**
 * Where it is not what the lifecycle does: stacks and mixins are of platform APIs before 0.12, which the lifecycle has given up, and the
 * label that says no is read whatever the API, because files have none. Both bases are places that somebody names, so that names of
 * registries in the metadata decide nothing: they stay as they are.
 */
const decisions: Readonly<Record<string, Decision>> = {
  'rebasable label is false': { labels: [{ 'io.buildpacks.rebasable': 'false' }, {}], is: 'refused' },
  'rebasable label is empty': { labels: [{ 'io.buildpacks.rebasable': '' }, {}], is: 'rebased' },
  'rebasable false, platform API 0.11': { labels: [{ 'io.buildpacks.rebasable': 'false' }, {}], is: 'refused' },
  'mixin missing in the new base, API < 0.12': {
    labels: [mixins('mixin-1', 'run:mixin-2'), mixins('run:mixin-2')],
    is: 'rebased',
  },
  'extra mixins in the new base': { labels: [mixins('mixin-1'), mixins('mixin-1', 'mixin-3')], is: 'rebased' },
  'other stack id, API < 0.12': {
    labels: [stackLabel('id', 'bionic'), stackLabel('id', 'cflinuxfs3')],
    is: 'rebased',
  },
  'no stack id on the new base, API < 0.12': { labels: [stackLabel('id', 'bionic'), {}], is: 'rebased' },
  'other variant, API < 0.12': {
    labels: [stackLabel('distro.variant', 'variant1'), stackLabel('distro.variant', 'variant2')],
    is: 'rebased',
  },
  'new base is not named in runImage.image or mirrors, API ≥ 0.12': { labels: [runImage('mirror'), {}], is: 'rebased' },
  'mirror with the registry spelled out': { labels: [runImage('index.docker.io/new'), {}], is: 'rebased' },
  'mirror with another tag': { labels: [runImage('new:other'), {}], is: 'rebased' },
};

test("what buildpacks' lifecycle decides of images and bases: only an image that forbids it is not rebased, and stacks follow the base", async t => {
  const cases =
    fixtureCases<{ readonly kind: string; readonly what: string }>(t, 'change/rebase/buildpacks.json') ?? [];
  for (const { what } of cases.filter(({ kind }) => kind === 'decision')) {
    const decision = decisions[what];
    if (decision === undefined) {
      t.diagnostic(`no test of this row: ${what}`);
      continue;
    }
    const [own = {}, base = {}] = decision.labels ?? [];
    const layout = makeLayout(join(temporaryDirectory(t), 'img'));
    const stack = Object.fromEntries(Object.entries(own).filter(([label]) => label.startsWith('io.buildpacks.stack.')));
    for (const [name, tars, Labels] of [
      ['old', old, stack],
      ['new', fresh, base],
      ['app', [...old, top], own],
    ] as const)
      putName(layout, name, putImage(layout, { layers: tars.map(tar => ({ tar })), config: { config: { Labels } } }));
    const call = rebase(`${layout}:app`, { oldBase: `${layout}:old`, newBase: `${layout}:new` });
    if (decision.is === 'refused') {
      await assert.rejects(call, refusal(/rebasable=false/, 'conflict'), what);
      continue;
    }
    await call;
    const labels = (await readWholeImage(`${layout}:app`)).image.config.value.config?.Labels ?? {};
    const others = Object.fromEntries(Object.entries(own).filter(([label]) => !(label in stack)));
    assert.deepEqual({ ...labels }, { ...others, ...base }, what);
  }
});

test('of an image of buildpacks the old base is what its metadata say, and they name the new one then', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const metadata = (digest: string, more: object = {}): object => ({
    'io.buildpacks.lifecycle.metadata': JSON.stringify({
      app: [{ sha: 'x' }],
      runImage: { topLayer: digest, ...more },
    }),
  });
  const put = (name: string, tars: readonly Uint8Array[], config: object): void =>
    putName(layout, name, putImage(layout, { layers: tars.map(tar => ({ tar })), config: { config } }));
  const diffIDOfTar = (tar: Uint8Array): string => `sha256:${createHash('sha256').update(tar).digest('hex')}`;
  const topLayer = diffIDOfTar(old.at(-1) as Uint8Array);
  const app = {
    Env: ['A=app'],
    Labels: { ...metadata(topLayer, { image: 'run' }), 'io.buildpacks.base.homepage': 'v1' },
  };
  put('app', [...old, top], app);
  put('new', fresh, { Env: ['A=new', 'B=new'], Labels: { 'io.buildpacks.base.homepage': 'v2' } });
  assert.equal((await checkBase(`${layout}:app`)).isBased, true);
  const result = await rebase(`${layout}:app`, { newBase: `${layout}:new`, tag: 'out' });
  assert.equal(result.images[0]?.oldLayers, old.length);
  const { image } = await readWholeImage(`${layout}:out`);
  const { rootfs, config } = image.config.value;
  assert.deepEqual(rootfs.diff_ids, [...fresh, top].map(diffIDOfTar));
  // Of a base that nobody has, no config is known: what the image says is its own.
  assert.deepEqual(config?.Env, ['A=app']);
  assert.equal(config?.Labels?.['io.buildpacks.base.homepage'], 'v2');
  const said = JSON.parse(config?.Labels?.['io.buildpacks.lifecycle.metadata'] ?? '');
  const reference = image.manifest.value.annotations?.['org.opencontainers.image.base.digest'];
  assert.deepEqual(said, {
    app: [{ sha: 'x' }],
    runImage: { topLayer: diffIDOfTar(fresh.at(-1) as Uint8Array), image: 'run', reference },
  });
  await isValid(layout);
  // Metadata that name no layer of the image, and such as cannot be read, tell nothing.
  const lost = [metadata(`sha256:${'0'.repeat(64)}`), { 'io.buildpacks.lifecycle.metadata': '{' }];
  for (const [at, Labels] of lost.entries()) {
    put(`lost${at}`, [...old, top], { Labels });
    await assert.rejects(
      rebase(`${layout}:lost${at}`, { newBase: `${layout}:new` }),
      refusal(/base\.digest, got one without/),
    );
  }
  const distro = (name: string): object => ({
    Labels: { 'io.buildpacks.base.distro.name': name, ...metadata(topLayer) },
  });
  put('ubuntu', [...old, top], distro('ubuntu'));
  put('debian', fresh, distro('debian'));
  const call = { newBase: `${layout}:debian` };
  await assert.rejects(
    rebase(`${layout}:ubuntu`, call),
    refusal(/distro\.name=ubuntu, got one with debian/, 'conflict'),
  );
  const { warnings } = await rebase(`${layout}:ubuntu`, { ...call, force: true });
  assert.match(warnings.join('\n'), /distro\.name=ubuntu, got one with debian: rebased all the same/);
});

test("regclient's images are rebased in all their platforms", async t => {
  const from = fixture(t, 'images/regclient_regclient/layouts/testdata_testrepo');
  if (from === undefined) return;
  const layout = join(temporaryDirectory(t), 'repo');
  copyWritable(from, layout);
  const cases =
    fixtureCases<{
      image: string;
      old_base: string;
      new_base: string;
      platforms: Record<string, { diff_ids: readonly string[] }>;
    }>(t, 'change/rebase/regclient.json') ?? [];
  for (const { image, old_base, new_base, platforms } of cases) {
    const oldBase = `${layout}:${old_base}`;
    const same = await rebase(`${layout}:${image}`, { oldBase, newBase: oldBase, allPlatforms: true });
    assert.equal(same.isChanged, false, image);
    const result = await rebase(`${layout}:${image}`, {
      oldBase,
      newBase: `${layout}:${new_base}`,
      allPlatforms: true,
      tag: 'out',
    });
    assert.equal(result.images.length, Object.keys(platforms).length);
    for (const [platform, { diff_ids }] of Object.entries(platforms))
      assert.deepEqual((await readWholeImage(`${layout}:out`, platform)).image.config.value.rootfs.diff_ids, diff_ids);
  }
});

test('the command line rebases; a dry run says the same digest', async t => {
  const layout = layoutOf(t);
  const words = ['rebase', `${layout}:app`, '--old-base', `${layout}:old`, '--new-base', `${layout}:new`];
  const dry = await runCommand([...words, '--dry-run']);
  const done = await runCommand(words);
  assert.deepEqual([done.status, done.out], [0, dry.out]);
  const again = await runCommand(words);
  assert.equal(again.status, 2);
  assert.match(again.err, /expected an image that is made on/);
});

test("labels of run images are an image's own where buildpacks have not made it", async t => {
  const layout = layoutOf(t);
  const Labels = { 'io.buildpacks.stack.id': 'mine', 'io.buildpacks.base.distro.name': 'mine' };
  const set = Object.entries(Labels).map(([name, value]) => `LABEL ${name}=${value}`);
  await config(`${layout}:app`, { instructions: set });
  await rebase(`${layout}:app`, { oldBase: `${layout}:old`, newBase: `${layout}:new`, tag: 'out' });
  const { image } = await readWholeImage(`${layout}:out`);
  assert.deepEqual(image.config.value.config?.Labels, Labels);
});

test('an image that says no platform but something else is refused by its own name for it, not as an option', async t => {
  const layout = layoutOf(t);
  const hostile = putImage(layout, {
    layers: [...old, top].map(tar => ({ tar })),
    architecture: 'a b/../c',
    config: {},
  });
  putName(layout, 'hostile', hostile);
  await assert.rejects(
    rebase(`${layout}:hostile`, { oldBase: `${layout}:old`, newBase: `${layout}:new` }),
    /config sha256:\w{64}: expected os and architecture in words, such as linux and arm64, got 'linux\/a b\/\.\.\/c'$/,
  );
});
