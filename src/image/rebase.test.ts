import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../errors.ts';
import { parseJson } from '../spec/document.ts';
import type { ContainerConfig, Image, ImageConfig, ImageIndex, Manifest } from '../spec/objects.ts';
import { parseConfig, parseIndex, parseManifest } from '../spec/parse.ts';
import { formatPlatform } from '../spec/platform.ts';
import { fixture, fixtureCases } from '../testing/fixtures.ts';
import { imageOf, layerOf } from '../testing/images.ts';
import { mergeConfigs } from './merge-config.ts';
import { firstForeignLayer, rebaseImage, withBase } from './rebase.ts';

const merged = (old: ContainerConfig, own: ContainerConfig, fresh: ContainerConfig): ContainerConfig => {
  const [o, i, n] = [old, own, fresh].map(config => imageOf({ config: { config } }).config.value) as [
    ImageConfig,
    ImageConfig,
    ImageConfig,
  ];
  return mergeConfigs({ old: o, own: i, fresh: n }).config.config ?? {};
};

test('what an image inherited follows its new base, what it set itself stays', () => {
  assert.deepEqual(merged({ User: 'a' }, { User: 'a' }, { User: 'b' }), { User: 'b' });
  assert.deepEqual(merged({ User: 'a' }, { User: 'a' }, {}), {});
  assert.deepEqual(merged({}, { User: 'node' }, { User: 'app' }), { User: 'node' });
  assert.deepEqual(merged({ User: 'a' }, {}, { User: 'a' }), {});
  assert.deepEqual(merged({ User: '' }, {}, { User: 'b' }), { User: 'b' });
  const health = (Test: readonly string[]) => ({ Healthcheck: { Test } });
  assert.deepEqual(merged(health(['a']), health(['a']), health(['b'])), health(['b']));
  assert.deepEqual(merged({ OnBuild: ['RUN a'] }, {}, { OnBuild: ['RUN b'] }), {});
});

test('variables are merged by name; one that goes on from the old value goes on from the new one', () => {
  const env = (...Env: readonly string[]) => ({ Env });
  assert.deepEqual(
    merged(env('A=1', 'B=1'), env('A=1', 'B=2', 'C=3'), env('B=1', 'A=9', 'D=4')),
    env('B=2', 'A=9', 'D=4', 'C=3'),
  );
  assert.deepEqual(merged(env('JAVA_HOME=/old'), env('JAVA_HOME=/old', 'X=1'), env()), env('X=1'));
  const path = (text: string) => env(`PATH=${text}`);
  assert.deepEqual(
    merged(path('/usr/bin:/bin'), path('/app/bin:/usr/bin:/bin'), path('/usr/local/bin:/usr/bin')),
    path('/app/bin:/usr/local/bin:/usr/bin'),
  );
  assert.deepEqual(merged(path('/bin'), path('/bin:/x'), path('/new')), path('/new:/x'));
  assert.deepEqual(merged(path('/bin'), path('/sbin:/x'), path('/new')), path('/sbin:/x'));
  assert.deepEqual(merged(path('/bin'), path('/a:/bin:/x'), env()), path('/a:/x'));
  assert.deepEqual(merged(env('A=1', 'A=2'), env('B', 'A=1', 'A=2'), env('A=1', 'A=2')), env('B', 'A=1', 'A=2'));
  assert.deepEqual(merged(env('1=a', 'B='), env('1=a', 'B='), env('B=x', '1=b')), env('B=x', '1=b'));
});

test('labels, ports and volumes are merged by key, and what the image took away stays away', () => {
  assert.deepEqual(
    merged({ Labels: { base: 'a', gone: 'x' } }, { Labels: { gone: 'x', version: '2' } }, { Labels: { base: 'b' } }),
    { Labels: { version: '2' } },
  );
  assert.deepEqual(merged({}, {}, { Volumes: { '/data': {} } }), { Volumes: { '/data': {} } });
  assert.deepEqual(merged({ ExposedPorts: { '80/tcp': {} } }, { ExposedPorts: { '80/tcp': {} } }, {}), {});
  assert.deepEqual(merged({ Labels: { a: '' } }, {}, { Labels: { a: '', b: '' } }), { Labels: { b: '' } });
});

test('an entrypoint of its own keeps its command, and a command alone goes with the new entrypoint', () => {
  assert.deepEqual(merged({ Cmd: ['sh'] }, { Cmd: ['node', 'x'] }, { Entrypoint: ['entry'], Cmd: ['sh'] }), {
    Entrypoint: ['entry'],
    Cmd: ['node', 'x'],
  });
  assert.deepEqual(merged({ Cmd: ['sh'] }, { Entrypoint: ['app'], Cmd: ['sh'] }, { Cmd: ['bash'] }), {
    Entrypoint: ['app'],
    Cmd: ['sh'],
  });
  assert.deepEqual(merged({ Cmd: ['sh'] }, { Entrypoint: ['app'] }, { Cmd: ['bash'] }), { Entrypoint: ['app'] });
  assert.deepEqual(merged({ Cmd: ['sh'] }, { Cmd: ['sh'] }, { Cmd: ['bash'] }), { Cmd: ['bash'] });
});

test("what both sides have changed is the image's and a conflict", () => {
  const at = (User: string, architecture = 'amd64') =>
    imageOf({ config: { config: { User }, architecture } }).config.value;
  const { config, conflicts } = mergeConfigs({ old: at('a'), own: at('b'), fresh: at('c') });
  assert.equal(config.config?.User, 'b');
  assert.deepEqual(conflicts, [{ field: '/config/User', image: 'b', base: 'c' }]);
  assert.deepEqual(mergeConfigs({ old: at('a'), own: at('b'), fresh: at('b') }).conflicts, []);
});

test("unknown fields are merged as values, the system is the new base's, and what describes another image goes", () => {
  const old = imageOf({ config: { extra: { a: 1 }, mine: 1, 'os.version': '1', container: 'x' } });
  const own = imageOf({
    config: {
      extra: { a: 1 },
      mine: 2,
      'os.version': '1',
      container: 'y',
      created: '2020-01-01T00:00:00Z',
      author: 'me',
    },
  });
  const fresh = imageOf({
    config: { extra: { a: 2 }, mine: 3, 'os.version': '2', container: 'z', created: '2021-01-01T00:00:00Z' },
  });
  const { config } = mergeConfigs({ old: old.config.value, own: own.config.value, fresh: fresh.config.value });
  const { rootfs: _rootfs, ...rest } = config as unknown as Record<string, unknown>;
  assert.deepEqual(rest, {
    extra: { a: 2 },
    mine: 2,
    'os.version': '2',
    author: 'me',
    created: '2020-01-01T00:00:00Z',
    architecture: 'amd64',
    os: 'linux',
  });
});

const arbitraryContainer = fc.record(
  {
    User: fc.constantFrom('', 'a', 'b'),
    Env: fc.uniqueArray(fc.constantFrom('A=1', 'B=2', 'C=3', 'PATH=/bin'), { selector: text => text.split('=')[0] }),
    Labels: fc.dictionary(fc.constantFrom('x', 'y', '__proto__'), fc.constantFrom('', '1', '2'), {
      noNullPrototype: true,
    }),
    Cmd: fc.constantFrom(['sh'], ['bash'], []),
    Entrypoint: fc.constantFrom(['app'], []),
    OnBuild: fc.constantFrom(['RUN a'], []),
    Other: fc.constantFrom(1, 'text', null),
  },
  { requiredKeys: [], noNullPrototype: true },
);

test('on the same base again an image is what it was, and back on its old base too where nothing conflicts', () => {
  fc.assert(
    fc.property(arbitraryContainer, arbitraryContainer, arbitraryContainer, (old, own, fresh) => {
      const at = (config: object) => imageOf({ config: { config } }).config.value;
      const same = mergeConfigs({ old: at(old), own: at(own), fresh: at(old) });
      assert.deepEqual(same, { config: at(own), conflicts: [] });
      const there = mergeConfigs({ old: at(old), own: at(old), fresh: at(fresh) }).config.config ?? {};
      const expected = { ...fresh, OnBuild: old.OnBuild ?? [] };
      const full = { User: '', Env: [], Labels: {}, Cmd: [], Entrypoint: [], OnBuild: [], Other: null };
      const known = (config: object) => JSON.parse(JSON.stringify({ ...full, ...config })) as object;
      assert.deepEqual(known(there), known(expected));
    }),
  );
});

const history = (...rows: readonly string[]) =>
  rows.map(row => (row.startsWith('e ') ? { created_by: row.slice(2), empty_layer: true } : { created_by: row }));
const [l1, l2, l3, l4] = [layerOf('l1'), layerOf('l2'), layerOf('l3'), layerOf('l4')];
const rowsOf = ({ config }: Image): readonly string[] =>
  (config.value.history ?? []).map(row => `${row.empty_layer === true ? 'e ' : ''}${row.created_by ?? ''}`);

test('layers and lines are those of the new base, then those above the old one', () => {
  const old = imageOf({ layers: [l1], config: { history: history('one', 'e ENV') } });
  const own = imageOf({ layers: [l1, l2], config: { history: history('one', 'e ENV', 'e ARG', 'two', 'e CMD') } });
  const fresh = imageOf({ layers: [l3, l4], config: { history: history('three', 'four', 'e USER') } });
  const { image } = rebaseImage({ old, own, fresh }, 'app');
  assert.deepEqual(image.config.value.rootfs.diff_ids, [l3.diffID, l4.diffID, l2.diffID]);
  assert.deepEqual(rowsOf(image), ['three', 'four', 'e USER', 'e ARG', 'two', 'e CMD']);
  const back = rebaseImage({ old: fresh, own: image, fresh: old }, 'app').image;
  assert.equal(back.config.descriptor.digest, own.config.descriptor.digest);
});

test('a base that is stored otherwise is the same base, and one of other layers is none', () => {
  const own = imageOf({ layers: [l1, l2] });
  const old = imageOf({ layers: [layerOf('l1', 'stored otherwise')] });
  assert.equal(firstForeignLayer(own, old), undefined);
  assert.equal(firstForeignLayer(own, imageOf({ layers: [l1, l3] })), 1);
  assert.equal(firstForeignLayer(own, imageOf({ layers: [l1, l2, l3] })), 2);
  const fresh = imageOf({ layers: [l3] });
  assert.deepEqual(rebaseImage({ old, own, fresh }, 'app').image.config.value.rootfs.diff_ids, [l3.diffID, l2.diffID]);
  assert.throws(() => rebaseImage({ old: fresh, own, fresh }, 'app'), OciError);
});

test('the shapes that made other tools stumble: no history, a history that is too long, a base of nothing', () => {
  const scratch = imageOf({ layers: [] });
  const own = imageOf({ layers: [l1], config: { history: history('own') } });
  const silent = imageOf({ layers: [l2, l3] });
  const { image } = rebaseImage({ old: scratch, own, fresh: silent }, 'app');
  assert.deepEqual(
    [rowsOf(image), image.config.value.rootfs.diff_ids],
    [
      ['', '', 'own'],
      [l2.diffID, l3.diffID, l1.diffID],
    ],
  );
  const long = imageOf({ layers: [], config: { history: history('claimed') } });
  assert.throws(() => rebaseImage({ old: scratch, own, fresh: long }, 'app'), OciError);
  const arm = imageOf({ layers: [l2], config: { architecture: 'arm64' } });
  assert.throws(
    () => rebaseImage({ old: scratch, own, fresh: arm }, 'app'),
    /a new base for linux\/amd64, got one for linux\/arm64/,
  );
});

test('the very same base leaves the image as it is; a new one is named in the manifest', () => {
  const [old, own, fresh] = [imageOf({ layers: [l1] }), imageOf({ layers: [l1, l2] }), imageOf({ layers: [l3] })];
  assert.equal(rebaseImage({ old, own, fresh: old }, 'app').image, own);
  const { digest } = fresh.manifest.descriptor;
  const named = withBase(rebaseImage({ old, own, fresh }, 'app').image, { digest, name: 'base:2' });
  assert.deepEqual(named.manifest.value.annotations, {
    'org.opencontainers.image.base.digest': digest,
    'org.opencontainers.image.base.name': 'base:2',
  });
  assert.deepEqual(withBase(named, { digest }).manifest.value.annotations, {
    'org.opencontainers.image.base.digest': digest,
  });
});

interface RebaseCase {
  readonly image: string;
  readonly old_base: string;
  readonly new_base: string;
  readonly platforms: Readonly<
    Record<
      string,
      {
        readonly diff_ids: readonly string[];
        readonly history: readonly (readonly [string, boolean])[];
        readonly why?: string;
      }
    >
  >;
}

/** The images of a name in that layout, by platform. */
function imagesNamed(layout: string, name: string): ReadonlyMap<string, Image> {
  const bytesOf = (digest: string): Uint8Array => readFileSync(join(layout, 'blobs', digest.replace(':', '/')));
  const index = parseIndex(parseJson(readFileSync(join(layout, 'index.json')), 'index'), 'index');
  const entry = index.manifests.find(({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === name);
  const listed: ImageIndex = parseIndex(parseJson(bytesOf(entry?.digest ?? ''), name), name);
  const images = listed.manifests.flatMap(descriptor => {
    if (descriptor.platform?.os === 'unknown') return [];
    const bytes = bytesOf(descriptor.digest);
    const value: Manifest = parseManifest(parseJson(bytes, name), name);
    const config = bytesOf(value.config.digest);
    const parsed = parseConfig(parseJson(config, name), name);
    return [
      { manifest: { value, bytes, descriptor }, config: { value: parsed, bytes: config, descriptor: value.config } },
    ];
  });
  return new Map(images.map(image => [formatPlatform(image.config.value), image]));
}

test("regclient's images come out with its layers and its history", t => {
  const layout = fixture(t, 'images/regclient_regclient/layouts/testdata_testrepo');
  const cases = fixtureCases<RebaseCase>(t, 'change/rebase/regclient.json');
  if (layout === undefined || cases === undefined) return;
  for (const { image, old_base, new_base, platforms } of cases) {
    const named: readonly ReadonlyMap<string, Image>[] = [image, old_base, new_base].map(name =>
      imagesNamed(layout, name),
    );
    for (const [platform, expected] of Object.entries(platforms)) {
      const [own, old, fresh] = named.map(images => images.get(platform));
      assert.ok(own && old && fresh, platform);
      const rebased = rebaseImage({ own, old, fresh }, image).image;
      assert.deepEqual(rebased.config.value.rootfs.diff_ids, expected.diff_ids);
      const rows = rebased.config.value.history?.map(row => [row.created_by, row.empty_layer === true]);
      assert.deepEqual(rows, expected.history);
      assert.equal(rebased.config.value.config?.Labels?.['base'], undefined);
    }
  }
});
