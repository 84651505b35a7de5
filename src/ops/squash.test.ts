import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { diffIDOf } from '../spec/digest.ts';
import { isValid, refusal } from '../testing/answers.ts';
import { runCommand } from '../testing/command-line.ts';
import { fixture, fixtureCases } from '../testing/fixtures.ts';
import { layerTar, makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { arbitraryLayers, randomLayout } from '../testing/random-layout.ts';
import { readWholeImage } from '../testing/read-image.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import type { LayerEntry } from '../tree/node.ts';
import { find } from '../tree/walk.ts';
import { copy } from './copy.ts';
import { squash } from './squash.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };
const linesOf = (layer: readonly LayerEntry[]): readonly string[] =>
  layer.map(entry => `${entry.kind} ${entry.path}${entry.kind === 'hardlink' ? ` ${entry.target}` : ''}`);

test('the merged tree is the same before and after, whatever range is squashed, and squashing again changes nothing', async t => {
  await fc.assert(
    fc.asyncProperty(arbitraryLayers, fc.nat(3), fc.nat(3), async (layers, one, other) => {
      const app = randomLayout(temporaryDirectory(t), layers);
      const [from, to] = [Math.min(one, other), Math.max(one, other)].map(at => Math.min(at, layers.length - 1) + 1);
      const before = await readWholeImage(app);
      const range = { layers: `${from}..${to}`, hostPlatform };
      const made = await squash(app, { ...range, tag: 'new' });
      const after = await readWholeImage(app.replace(/app$/, 'new'));
      assert.deepEqual(after.exact, before.exact);
      assert.equal(made.isChanged, from !== to);
      const isEmpty = made.images[0]?.layer === null;
      const again = { layers: `${from}`, hostPlatform, tag: 'again' };
      if (!isEmpty) assert.equal((await squash(app.replace(/app$/, 'new'), again)).manifest, made.manifest);
      const whole = await squash(app, { hostPlatform, tag: 'whole' });
      assert.deepEqual((await readWholeImage(app.replace(/app$/, 'whole'))).exact, before.exact);
      const twice = await squash(app.replace(/app$/, 'whole'), { hostPlatform, tag: 'twice' });
      assert.equal(twice.manifest, whole.manifest);
    }),
    { numRuns: 30 },
  );
});

interface Golden {
  readonly name: string;
  readonly layout: string;
  readonly layers: readonly [number, number];
  readonly tree: readonly {
    readonly paths: readonly string[];
    readonly type: string;
    readonly mode: string;
    readonly uid: number;
    readonly gid: number;
    readonly sha256?: string;
    readonly xattrs?: Readonly<Record<string, string>>;
  }[];
}

async function copyOf(t: TestContext, layout: string): Promise<string | undefined> {
  const from = fixture(t, layout.startsWith('images/') ? layout : `change/${layout}`);
  if (from === undefined) return undefined;
  const to = join(temporaryDirectory(t), basename(layout));
  cpSync(from, to, { recursive: true });
  return to;
}

test('what oci-tools squashes comes to the same tree here, hardlinks in groups', async t => {
  for (const { name, layout, layers, tree } of fixtureCases<Golden>(t, 'change/squash/goldens.json') ?? []) {
    const place = await copyOf(t, layout);
    if (place === undefined) return;
    await squash(place, { layers: `${layers[0]}..${layers[1]}`, output: `${place}-out:new`, hostPlatform });
    const after = await readWholeImage(`${place}-out:new`);
    assert.equal(after.layers.length, 1, name);
    const kinds: Readonly<Record<string, string>> = { dir: 'directory', file: 'file', symlink: 'symlink' };
    const expected = tree.flatMap(({ paths, type, mode, uid, gid, sha256, xattrs }) =>
      [...paths].sort().map((path, at) => {
        const names = Object.entries(xattrs ?? {}).map(([key, text]) => `${key}=${Buffer.from(text).toString('hex')}`);
        const time = type === 'dir' ? '' : ` 0 ${sha256}`;
        const link = at === 0 ? '' : ` = ${[...paths].sort()[0]}`;
        return [path, `${kinds[type]} ${mode} ${uid}:${gid} ${names.join()}${time}${link}`] as const;
      }),
    );
    assert.deepEqual(new Map([...after.exact].sort()), new Map(expected.sort()), name);
    assert.deepEqual(
      after.layers[0]?.filter(({ kind }) => kind === 'whiteout' || kind === 'opaque'),
      [],
      name,
    );
  }
});

test('a range in the middle keeps what is below and above byte for byte, and the whiteouts that still hide something', async t => {
  const { layout } = await preparePlace(temporaryDirectory(t));
  const before = await readWholeImage(`${layout}:app`);
  const result = await squash(`${layout}:app`, {
    layers: '2..3',
    tag: 'new',
    message: 'why',
    now: '2024-01-01T00:00:00Z',
  });
  const after = await readWholeImage(`${layout}:new`);
  assert.deepEqual(after.exact, before.exact);
  assert.deepEqual(after.image.manifest.value.layers[0], before.image.manifest.value.layers[0]);
  assert.deepEqual(linesOf(after.layers[1] ?? []), [
    'node etc',
    'whiteout etc/gone',
    'node lib',
    'node var',
    'whiteout var/old',
    'node etc/motd',
    'node var/new',
    'node lib/two',
    'node link',
  ]);
  const created = '2024-01-01T00:00:00Z';
  assert.deepEqual(after.image.config.value.history, [
    { created_by: 'layer 1' },
    { created_by: 'layer 2', empty_layer: true },
    { created_by: 'layer 3', empty_layer: true },
    { created, created_by: 'squash layers 2..3', comment: 'why' },
  ]);
  assert.equal(after.image.config.value.created, created);
  assert.deepEqual(after.image.config.value.config, before.image.config.value.config);
  const [one] = result.images;
  assert.deepEqual([one?.from, one?.to, one?.diffID], [2, 3, after.image.config.value.rootfs.diff_ids[1]]);
  await isValid(layout);
});

test('above a base only what is mine is squashed, and a base of another compression is the same base', async t => {
  const { layout } = await preparePlace(temporaryDirectory(t));
  await copy(`${layout}:base`, `${layout}:zstd`, { compression: 'zstd' });
  const above = await squash(`${layout}:app`, { fromBase: `${layout}:base`, tag: 'one' });
  const other = await squash(`${layout}:app`, { fromBase: `${layout}:zstd`, tag: 'two' });
  assert.equal(above.manifest, other.manifest);
  assert.equal((await squash(`${layout}:app`, { layers: '2..', tag: 'three' })).manifest, above.manifest);
  const same = await squash(`${layout}:base`, { fromBase: `${layout}:base` });
  assert.equal(same.isChanged, false);
  await assert.rejects(
    squash(`${layout}:base`, { fromBase: `${layout}:app` }),
    refusal(/expected an image that is made on .*:app, got another layer 2/, 'usage'),
  );
});

test('layers that come to nothing make no layer, and their line says so', async t => {
  const place = temporaryDirectory(t);
  const layout = makeLayout(join(place, 'img'));
  const file: LayerEntry = {
    kind: 'node',
    path: 'secret',
    node: {
      kind: 'file',
      meta: { mode: 0o644, uid: 0, gid: 0, mtime: 0n, xattrs: new Map() },
      size: 1,
      content: { source: '', member: 3 },
    },
  };
  const base = { ...file, path: 'kept' };
  const tars = [[base], [file], [{ kind: 'whiteout', path: 'secret' } as const]].map(entries => ({
    tar: layerTar(entries),
  }));
  putName(layout, 'app', putImage(layout, { layers: tars }));
  const result = await squash(`${layout}:app`, { layers: '2..3' });
  const { image } = await readWholeImage(`${layout}:app`);
  assert.deepEqual([result.images[0]?.layer, image.manifest.value.layers.length], [null, 1]);
  assert.deepEqual(
    image.config.value.history?.map(row => row.empty_layer === true),
    [false, true, true, true],
  );
  await isValid(layout);
});

test('times to the nanosecond, devices, extended attributes and set-id bits are as they were', async t => {
  const tar = fixture(t, 'change/lazy/layer.tar');
  if (tar === undefined) return;
  const place = temporaryDirectory(t);
  const layout = makeLayout(join(place, 'img'));
  const top = layerTar([
    {
      kind: 'node',
      path: 'top',
      node: { kind: 'fifo', meta: { mode: 0o600, uid: 7, gid: 8, mtime: 0n, xattrs: new Map() } },
    },
  ]);
  putName(layout, 'app', putImage(layout, { layers: [{ tar: readFileSync(tar) }, { tar: top }] }));
  const before = await readWholeImage(`${layout}:app`);
  const result = await squash(`${layout}:app`);
  const after = await readWholeImage(`${layout}:app`);
  assert.deepEqual(after.exact, before.exact);
  assert.ok(
    [...after.exact.values()].some(line => /\d{10}500000000 /.test(line)),
    'a half second',
  );
  assert.equal(result.images[0]?.diffID, after.image.config.value.rootfs.diff_ids[0]);
});

test('a docker image stays one, and an archive gives its result elsewhere', async t => {
  const { layout, directory } = await preparePlace(temporaryDirectory(t));
  await copy(`${layout}:app`, `${layout}:docker`, { format: 'docker' });
  await squash(`${layout}:docker`);
  const { image } = await readWholeImage(`${layout}:docker`);
  assert.deepEqual(
    [image.manifest.descriptor.mediaType, image.manifest.value.layers[0]?.mediaType],
    ['application/vnd.docker.distribution.manifest.v2+json', 'application/vnd.docker.image.rootfs.diff.tar.gzip'],
  );
  const out = join(directory, 'out.tar');
  const fromArchive = await squash(join(directory, 'oci.tar'), { output: `${out}:v1` });
  assert.equal(fromArchive.manifest, (await squash(`${layout}:app`, { tag: 'one' })).manifest);
  assert.equal((await readWholeImage(out)).layers.length, 1);
});

test('of several platforms each is squashed, and one that differs in its number of layers says so', async t => {
  const { layout } = await preparePlace(temporaryDirectory(t));
  const result = await squash(`${layout}:multi`, { allPlatforms: true });
  assert.deepEqual(
    result.images.map(({ platform, from, to }) => [platform, from, to]),
    [
      ['linux/amd64', 1, 3],
      ['linux/arm64', 1, 3],
    ],
  );
  for (const platform of ['linux/amd64', 'linux/arm64'])
    assert.equal((await readWholeImage(`${layout}:multi`, platform)).layers.length, 1);
  await isValid(layout);
});

test('a link to a file below brings it along, and a warning says so', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const bytes = Buffer.from('the body');
  const meta = { mode: 0o644, uid: 0, gid: 0, mtime: 0n, xattrs: new Map() };
  const file = (path: string, size = bytes.length): LayerEntry => ({
    kind: 'node',
    path,
    node: { kind: 'file', meta, size, content: { source: '', member: 0 } },
  });
  const write = (...entries: readonly LayerEntry[]) => layerTar(entries, node => bytes.subarray(0, node.size));
  // A header of our own writer's for a link to what is not in its layer: the target's entry is cut off.
  const whole = write(file('a', 0), { kind: 'hardlink', path: 'b', target: 'a' });
  const layers = [{ tar: write(file('a')) }, { tar: whole.subarray(512) }, { tar: write(file('c')) }];
  putName(layout, 'app', putImage(layout, { layers }));
  const before = await readWholeImage(`${layout}:app`);
  const { warnings } = await squash(`${layout}:app`, { layers: '2..3', tag: 'new' });
  const after = await readWholeImage(`${layout}:new`);
  assert.deepEqual(after.exact, before.exact);
  assert.deepEqual(linesOf(after.layers[1] ?? []), ['node a', 'hardlink b a', 'node c']);
  assert.match(warnings.join('\n'), /^\/a of the layers below, 8 bytes, copied into the new layer/);
  assert.ok(find(after.tree, 'b') === find(after.tree, 'a'));
});

test('a layer whose diffID is a lie is found, and nothing is left', async t => {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const tar = layerTar([]);
  const diffID = diffIDOf('0'.repeat(64));
  putName(layout, 'app', putImage(layout, { layers: [{ tar, diffID }, { tar }] }));
  await assert.rejects(squash(`${layout}:app`), refusal(/expected diffID/, 'invalid'));
});

test('the command line prints the digest, says where nothing was to do, and refuses ranges that are none', async t => {
  const { layout } = await preparePlace(temporaryDirectory(t));
  const dry = await runCommand(['squash', `${layout}:app`, '--dry-run']);
  const done = await runCommand(['squash', `${layout}:app`]);
  assert.match(done.out, /^sha256:[0-9a-f]{64}\n$/);
  assert.equal(done.out, dry.out);
  const again = await runCommand(['squash', `${layout}:app`]);
  assert.deepEqual([again.status, again.out, again.err], [0, done.out, 'ocikit: nothing to change\n']);
  for (const [words, pattern] of [
    [['--layers', '3..2'], /--layers: expected layers as A\.\.B, got '3\.\.2'/],
    [['--layers', '2..4'], /--layers: expected layers from 1 to 1, got 2\.\.4/],
    [['--layers', '1', '--from-base', `${layout}:base`], /--layers.*--from-base/],
  ] as const) {
    const { status, err } = await runCommand(['squash', `${layout}:app`, ...words]);
    assert.equal(status, 2);
    assert.match(err, pattern);
  }
});
