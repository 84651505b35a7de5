import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../errors.ts';
import { type DiffID, digestOf } from '../spec/digest.ts';
import { encodeDocument, parseJson } from '../spec/document.ts';
import type {
  ContainerConfig,
  Descriptor,
  Document,
  History,
  Image,
  ImageConfig,
  ImageIndex,
  Layer,
  Manifest,
} from '../spec/objects.ts';
import { parseConfig, parseIndex, parseManifest } from '../spec/parse.ts';
import { fixture } from '../testing/fixtures.ts';
import { appendLayer, type LayerEdit, squashedImage } from './append.ts';
import { checkImage, checkIndex } from './check.ts';
import { diffConfigs } from './config-diff.ts';
import type { Finding } from './finding.ts';
import { historyOf } from './history.ts';
import { inspectObject } from './inspect.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';
const dockerManifestType = 'application/vnd.docker.distribution.manifest.v2+json';
const gzipType = 'application/vnd.oci.image.layer.v1.tar+gzip';
const platform = { os: 'linux', architecture: 'amd64' } as const;

const layer = (text: string, mediaType: string = gzipType): Layer => {
  const bytes = new TextEncoder().encode(text);
  const digest = digestOf(bytes);
  return { descriptor: { mediaType, digest, size: bytes.length }, diffID: digest as DiffID };
};

interface Parts {
  readonly layers?: readonly Layer[];
  readonly config?: object;
  readonly manifest?: object;
}

const imageOf = ({ layers = [layer('one')], config = {}, manifest = {} }: Parts = {}): Image => {
  const value = { ...platform, rootfs: { type: 'layers', diff_ids: layers.map(({ diffID }) => diffID) }, ...config };
  const document = encodeDocument(value as ImageConfig, configType);
  const descriptors = layers.map(({ descriptor }) => descriptor);
  const body = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: document.descriptor,
    layers: descriptors,
    ...manifest,
  };
  return { config: document, manifest: encodeDocument(body as Manifest, manifestType) };
};

const edit = (more: Partial<LayerEdit> = {}): LayerEdit => ({ platform, layer: layer('new'), ...more });
const codes = (findings: readonly Finding[]): string[] => findings.map(({ code }) => code);

const counts = (image: Image): number[] => [
  image.manifest.value.layers.length,
  image.config.value.rootfs.diff_ids.length,
  (image.config.value.history ?? []).filter(row => row.empty_layer !== true).length,
];

test('a first layer makes a whole image out of nothing', () => {
  const image = appendLayer(
    undefined,
    edit({ created: '2026-01-02T03:04:05Z', author: 'a', message: 'm', config: { Cmd: ['sh', '-c'] } }),
  );
  assert.deepEqual(image.config.value, {
    created: '2026-01-02T03:04:05Z',
    author: 'a',
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['sh', '-c'] },
    rootfs: { type: 'layers', diff_ids: [layer('new').diffID] },
    history: [{ created: '2026-01-02T03:04:05Z', created_by: 'sh -c', author: 'a', comment: 'm' }],
  });
  assert.deepEqual(image.manifest.value, {
    schemaVersion: 2,
    mediaType: manifestType,
    config: image.config.descriptor,
    layers: [layer('new').descriptor],
  });
  assert.deepEqual(checkImage(image), []);
});

test('what the base says survives, fields that nobody knows too; what it said of another time or subject does not', () => {
  const base = imageOf({
    config: {
      author: 'base author',
      created: '2000-01-01T00:00:00Z',
      variant: 'v2',
      'os.version': '10',
      config: { Env: ['A=1'], OnBuild: ['RUN x'], Shell: ['s'], Memory: 5 },
      history: [{ created_by: 'first', 'x-row': true }],
      'x-config': { deep: [1] },
    },
    manifest: {
      subject: layer('subject').descriptor,
      'x-manifest': 1,
      annotations: { keep: 'k', 'org.opencontainers.image.created': 'then', 'org.opencontainers.image.base.name': 'n' },
    },
  });
  const image = appendLayer(base, edit({ annotations: { more: 'm' }, baseDigest: base.manifest.descriptor.digest }));
  const { history, rootfs, ...config } = image.config.value;
  const { history: oldHistory, rootfs: oldRootfs, created: _created, ...oldConfig } = base.config.value;
  assert.deepEqual(config, oldConfig);
  assert.deepEqual(rootfs.diff_ids, [...oldRootfs.diff_ids, layer('new').diffID]);
  assert.deepEqual(history, [...(oldHistory ?? []), { author: 'base author' }]);
  const {
    'x-manifest': unknown,
    subject,
    annotations,
  } = image.manifest.value as Manifest & { readonly 'x-manifest': number };
  assert.deepEqual([unknown, subject], [1, undefined]);
  assert.deepEqual(annotations, {
    keep: 'k',
    more: 'm',
    'org.opencontainers.image.base.digest': base.manifest.descriptor.digest,
  });
});

test('another platform takes the base variant and system version away, the same one keeps them', () => {
  const base = imageOf({ config: { variant: 'v3', 'os.version': '10' } });
  const other = appendLayer(base, edit({ platform: { os: 'linux', architecture: 'arm64' } })).config.value;
  assert.deepEqual([other.architecture, other.variant, other['os.version']], ['arm64', undefined, undefined]);
  const same = appendLayer(base, edit({ platform: { ...platform, variant: 'v1' } })).config.value;
  assert.deepEqual([same.variant, same['os.version']], ['v1', '10']);
});

test('without a layer there is a line of history and the same layers', () => {
  const base = imageOf({ config: { history: [{ created_by: 'first' }], config: { Cmd: ['a', 'b'] } } });
  const { layer: _layer, ...empty } = edit({ message: 'm' });
  const image = appendLayer(base, empty);
  assert.deepEqual(image.manifest.value.layers, base.manifest.value.layers);
  assert.deepEqual(image.config.value.history?.at(-1), { created_by: 'a b', comment: 'm', empty_layer: true });
  assert.deepEqual(counts(image), [1, 1, 1]);
});

test('a base without history gets a line for each of its layers', () => {
  for (const history of [undefined, null, []]) {
    const image = appendLayer(imageOf({ layers: [layer('1'), layer('2')], config: { history } }), edit());
    assert.deepEqual(image.config.value.history, [{}, {}, {}]);
  }
});

test('a base whose layers, diffIDs and history do not agree is refused', () => {
  const rows = (length: number): History[] => Array.from({ length }, () => ({}));
  assert.throws(
    () => appendLayer(imageOf({ config: { history: rows(2) } }), edit()),
    /expected a line of history for each of 1 layers, got 2$/,
  );
  assert.throws(() => appendLayer(imageOf({ config: { rootfs: { type: 'layers', diff_ids: [] } } }), edit()), OciError);
});

test('a Docker base makes a Docker image, whatever the layer is compressed with', () => {
  const base = imageOf({ manifest: { mediaType: dockerManifestType } });
  const image = appendLayer(base, edit());
  assert.equal(image.manifest.value.mediaType, dockerManifestType);
  assert.equal(image.manifest.descriptor.mediaType, dockerManifestType);
  assert.equal(image.config.descriptor.mediaType, 'application/vnd.docker.container.image.v1+json');
  assert.equal(image.manifest.value.layers[1]?.mediaType, 'application/vnd.docker.image.rootfs.diff.tar.gzip');
  assert.deepEqual(image.manifest.value.layers[0], base.manifest.value.layers[0]);
});

test('squashing leaves one layer and one line', () => {
  const base = imageOf({
    layers: [layer('1'), layer('2')],
    config: { history: [{}, {}], config: { User: 'u' }, 'x-config': 1 },
  });
  const image = squashedImage(base, edit({ message: 'all of it' }));
  assert.deepEqual(counts(image), [1, 1, 1]);
  assert.deepEqual(image.config.value.history, [{ comment: 'all of it' }]);
  assert.equal(image.config.value.config?.User, 'u');
});

test('however images grow, layers, diffIDs and history agree and every line is kept', () => {
  const edits = fc.array(fc.record({ empty: fc.boolean(), message: fc.string() }), { maxLength: 12 });
  fc.assert(
    fc.property(edits, fc.boolean(), (steps, fromBase) => {
      let image = fromBase ? imageOf() : undefined;
      for (const [index, step] of steps.entries()) {
        const { layer: added, ...rest } = edit({ layer: layer(`${index}`), message: step.message });
        image = appendLayer(image, step.empty || added === undefined ? rest : { ...rest, layer: added });
      }
      if (image === undefined || steps.length === 0) return;
      const layers = steps.filter(step => !step.empty).length + (fromBase ? 1 : 0);
      assert.deepEqual(counts(image), [layers, layers, layers]);
      assert.deepEqual(checkImage(image), []);
      const lines = historyOf(image);
      assert.equal(lines.length, steps.length + (fromBase ? 1 : 0));
      assert.deepEqual(
        lines.slice(0, steps.length).map(line => line.comment),
        steps.map(step => step.message).reverse(),
      );
    }),
    { numRuns: 50 },
  );
});

test('history pairs lines with layers, newest first', () => {
  const image = imageOf({
    layers: [layer('1'), layer('22')],
    config: {
      history: [{ created_by: 'a' }, { created_by: 'b', empty_layer: true }, { created: 'now', comment: 'c' }],
    },
  });
  const lines = historyOf(image).map(line => [line.createdBy, line.comment, line.created, line.emptyLayer, line.size]);
  assert.deepEqual(lines, [
    ['', 'c', 'now', false, 2],
    ['b', '', null, true, 0],
    ['a', '', null, false, 1],
  ]);
  assert.equal(historyOf(image)[0]?.layer?.diffID, layer('22').diffID);
});

test('layers that no line speaks of get a line without text; more lines than layers are refused', () => {
  assert.deepEqual(
    historyOf(imageOf()).map(line => [line.createdBy, line.emptyLayer]),
    [['', false]],
  );
  const short = historyOf(imageOf({ layers: [layer('1'), layer('2')], config: { history: [{ created_by: 'a' }] } }));
  assert.deepEqual(
    short.map(line => line.createdBy),
    ['', 'a'],
  );
  assert.throws(
    () => historyOf(imageOf({ config: { history: [{}, {}] } })),
    /too many non-empty layers in History section/,
  );
  assert.throws(() => historyOf(imageOf({ config: { rootfs: { type: 'layers', diff_ids: [] } } })), OciError);
});

test("inspect gives docker's object in docker's order, empty fields left out", () => {
  const container = {
    Labels: { b: '2', a: '1', Test: 'x' },
    Cmd: ['c'],
    Env: [],
    WorkingDir: '',
    ArgsEscaped: false,
    User: 'u',
    Shell: ['s'],
    Healthcheck: { Interval: 1, Test: ['NONE'], Timeout: 0 },
    Unknown: 1,
  };
  const history = [{ comment: 'old' }, { comment: 'last', empty_layer: true }];
  const image = imageOf({ config: { created: 'now', author: 'me', variant: 'v1', config: container, history } });
  const object = inspectObject(image, { repoTags: ['a:1'], repoDigests: [] });
  assert.deepEqual(Object.entries(object), [
    ['Id', image.config.descriptor.digest],
    ['RepoTags', ['a:1']],
    ['RepoDigests', []],
    ['Comment', 'last'],
    ['Created', 'now'],
    ['Author', 'me'],
    [
      'Config',
      {
        User: 'u',
        Cmd: ['c'],
        Labels: { Test: 'x', a: '1', b: '2' },
        Healthcheck: { Test: ['NONE'], Interval: 1 },
        Shell: ['s'],
      },
    ],
    ['Architecture', 'amd64'],
    ['Variant', 'v1'],
    ['Os', 'linux'],
    ['Size', 3],
    ['RootFS', { Type: 'layers', Layers: [layer('one').diffID] }],
    ['Descriptor', image.manifest.descriptor],
  ]);
  const { Config: config } = object as { Config: { Labels?: object } };
  assert.deepEqual(Object.keys(config), ['User', 'Cmd', 'Labels', 'Healthcheck', 'Shell']);
  assert.deepEqual(Object.keys(config.Labels ?? {}), ['Test', 'a', 'b']);
  const bare = inspectObject(imageOf({ config: { config: null, created: null } }), { repoTags: [], repoDigests: [] });
  assert.deepEqual(Object.keys(bare), [
    'Id',
    'RepoTags',
    'RepoDigests',
    'Config',
    'Architecture',
    'Os',
    'Size',
    'RootFS',
    'Descriptor',
  ]);
});

test('counts, platforms and media types that do not agree are findings', () => {
  assert.deepEqual(
    codes(checkImage(imageOf({ config: { rootfs: { type: 'layers', diff_ids: [] }, history: [{}, {}] } }))),
    ['layer-count', 'history-count'],
  );
  const image = imageOf();
  const entry = image.manifest.descriptor;
  const with_ = (more: object): Descriptor => ({ ...entry, ...more });
  assert.deepEqual(checkImage(image, with_({ platform: { ...platform, variant: 'v1' } })), []);
  assert.deepEqual(codes(checkImage(image, with_({ platform: { ...platform, architecture: 'arm64' } }))), [
    'platform-mismatch',
  ]);
  assert.deepEqual(checkImage(image, with_({ mediaType: dockerManifestType }))[0], {
    severity: 'warning',
    code: 'media-type-mismatch',
    subject: `manifest ${entry.digest} /mediaType`,
    message: `expected ${dockerManifestType} as its descriptor says, got ${manifestType}`,
    blob: entry.digest,
    pointer: '/mediaType',
  });
});

test('execution parameters that no runtime can use are findings', () => {
  const container: ContainerConfig = {
    Env: ['A=1', 'B', '=c', 'A=2', 'C='],
    ExposedPorts: { '80': {}, '81/sctp': {}, http: {}, '1/2/3': {}, '70000/tcp': {} },
    WorkingDir: 'relative',
    StopSignal: 'SIGNOPE',
  };
  const findings = checkImage(imageOf({ config: { config: container } }));
  assert.deepEqual(codes(findings), [
    'env-malformed',
    'env-malformed',
    'env-duplicate',
    'port-malformed',
    'port-malformed',
    'port-malformed',
    'working-directory-relative',
    'stop-signal-unknown',
  ]);
  assert.match(findings[0]?.subject ?? '', /^config sha256:\w+ \/config\/Env\/1$/);
});

test('an empty config needs an artifactType', () => {
  const empty = {
    mediaType: 'application/vnd.oci.empty.v1+json',
    digest: digestOf(new TextEncoder().encode('{}')),
    size: 2,
    data: 'e30=',
  };
  assert.deepEqual(codes(checkImage(imageOf({ manifest: { config: empty } }))), ['artifact-type-missing']);
  assert.deepEqual(checkImage(imageOf({ manifest: { config: empty, artifactType: 'a/b' } })), []);
});

test('embedded data must be base64 and have its size and digest', () => {
  const { descriptor } = layer('one');
  const checked = (data: string, more: object = {}): string[] =>
    codes(checkImage(imageOf({ manifest: { layers: [{ ...descriptor, data, ...more }] } })));
  assert.deepEqual(checked(btoa('one')), []);
  assert.deepEqual(checked(btoa('two')), ['data-mismatch']);
  for (const data of ['b25', 'b2 5l', 'b=5l', '====', 'b25lb25l', ''])
    assert.deepEqual(checked(data), ['data-mismatch'], data);
  assert.deepEqual(checked(btoa('two'), { digest: 'x:abc' }), ['digest-other']);
});

test('one name for two images of an index is an error, an odd name a warning', () => {
  const named = (text: string, name: string, full?: string): Descriptor => ({
    ...layer(text, manifestType).descriptor,
    annotations: {
      'org.opencontainers.image.ref.name': name,
      ...(full === undefined ? {} : { 'io.containerd.image.name': full }),
    },
  });
  const index = (...manifests: Descriptor[]): Document<ImageIndex> =>
    encodeDocument({ schemaVersion: 2, manifests }, 'application/vnd.oci.image.index.v1+json');
  assert.deepEqual(codes(checkIndex(index(named('1', 'v1'), named('2', 'v1')))), ['name-duplicate']);
  assert.deepEqual(codes(checkIndex(index(named('1', 'v1'), named('1', 'v1')))), ['entry-duplicate']);
  assert.deepEqual(
    checkIndex(
      index(named('1', 'latest', 'docker.io/library/a:latest'), named('2', 'latest', 'docker.io/library/b:latest')),
    ),
    [],
  );
  for (const name of ['a__b', '_x', '1.0-', 'a//b', '', `${'a-'.repeat(50_000)}!`]) {
    assert.deepEqual(codes(checkIndex(index(named('1', name)))), ['name-grammar'], name.slice(0, 9));
  }
  for (const name of ['v1.2', 'a--b', 'docker.io/library/a:v1', 'a+b@c'])
    assert.deepEqual(checkIndex(index(named('1', name))), [], name);
});

test('configs differ by fields, variables by name, command lines as a whole', () => {
  const before = imageOf({
    config: {
      author: 'a',
      config: { Env: ['A=1', 'B=2'], Cmd: ['x', 'y'], Labels: { k: 'v' }, User: 'u', Entrypoint: [] },
    },
  });
  const after = imageOf({
    config: {
      config: {
        Env: ['B=2', 'A=2', 'C=3'],
        Cmd: ['x', 'z'],
        Labels: { k: 'w', 'a/b~c': 'n' },
        Volumes: { '/d': {} },
        User: 'u',
        Entrypoint: null,
      },
    },
    layers: [layer('one'), layer('two')],
  });
  assert.deepEqual(diffConfigs(before.config.value, after.config.value), [
    { field: '/author', before: 'a' },
    { field: '/config/Cmd', before: ['x', 'y'], after: ['x', 'z'] },
    { field: '/config/Env/A', before: '1', after: '2' },
    { field: '/config/Env/C', after: '3' },
    { field: '/config/Labels/a~1b~0c', after: 'n' },
    { field: '/config/Labels/k', before: 'v', after: 'w' },
    { field: '/config/Volumes/~1d', after: {} },
    { field: '/rootfs/diff_ids/1', after: layer('two').diffID },
  ]);
});

test('a config differs from itself in nothing, and a difference reads the same from both sides', () => {
  const config = fc
    .object({ maxDepth: 4, values: [fc.string(), fc.integer(), fc.boolean(), fc.constant(null)] })
    .map(more => imageOf({ config: { config: more } }).config.value);
  fc.assert(
    fc.property(config, config, (a, b) => {
      assert.deepEqual(diffConfigs(a, a), []);
      const turned = diffConfigs(b, a).map(({ field, before, after }) => ({ field, before: after, after: before }));
      assert.deepEqual(
        diffConfigs(a, b).map(({ field, before, after }) => ({ field, before, after })),
        turned,
      );
    }),
    { numRuns: 200 },
  );
});

test('configs made to have endless pointers are refused', () => {
  const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`${index}`, 1]));
  const hostile = imageOf({ config: { ['x'.repeat(10_000)]: wide } }).config.value;
  assert.throws(() => diffConfigs(imageOf().config.value, hostile), OciError);
});

test('a published image of fifty layers has no findings and grows by one', t => {
  const layout = fixture(t, 'images/sylabs_oci-tools/layouts/test_images_many-layers');
  if (layout === undefined) return;
  const blob = ({ digest }: Descriptor): Uint8Array => readFileSync(join(layout, 'blobs', digest.replace(':', '/')));
  const index = parseIndex(parseJson(readFileSync(join(layout, 'index.json')), 'index.json'), 'index.json');
  const entry = index.manifests[0] as Descriptor;
  const value = parseManifest(parseJson(blob(entry), 'manifest'), 'manifest');
  const manifest = { value, bytes: blob(entry), descriptor: entry };
  const descriptor = value.config;
  const bytes = blob(descriptor);
  const image = { manifest, config: { value: parseConfig(parseJson(bytes, 'config'), 'config'), bytes, descriptor } };
  assert.deepEqual(checkImage(image, entry), []);
  assert.equal(historyOf(image).filter(line => !line.emptyLayer).length, 50);
  const grown = appendLayer(image, edit());
  assert.deepEqual(counts(grown), [51, 51, 51]);
  assert.deepEqual(grown.manifest.value.layers.slice(0, 50), manifest.value.layers);
});
