import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { OciError } from '../errors.ts';
import { openNamed } from '../store/open-operand.ts';
import { isValid } from '../testing/answers.ts';
import { copyWritable, fixture, fixtureCases } from '../testing/fixtures.ts';
import { layerTar, makeLayout, putImage, putName } from '../testing/layout-files.ts';
import { preparePlace } from '../testing/prepared-place.ts';
import { isSame, snapshotOf } from '../testing/snapshot.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { config } from './config.ts';
import { copy } from './copy.ts';
import { inspectRaw } from './inspect.ts';
import type { ConfigOptions } from './options.ts';
import { validate } from './validate.ts';

const hostPlatform = { os: 'linux', architecture: 'amd64' };
type Fields = Readonly<Record<string, unknown>>;

const documentOf = async (image: string, what: 'config' | 'manifest' | 'index' = 'config'): Promise<Fields> => {
  const bytes = await inspectRaw(image, what, { hostPlatform });
  return JSON.parse(Buffer.from(bytes).toString()) as Fields;
};

const digestOf = async (image: string): Promise<string> => (await openNamed(image)).named.digest;

/** A layout with an image `app` of no layer, and what its config says. */
function layoutOf(t: TestContext, document: object = {}): string {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  putName(layout, 'app', putImage(layout, { layers: [], config: document }));
  return `${layout}:app`;
}

/** `config.Env`, `len(config.Env)`, `config.Env~NAME`, `history.last.author` and `annotations`, as the fixtures name what they expect. */
function valueAt(path: string, document: Fields, manifest: Fields): unknown {
  const length = /^len\((.*)\)$/.exec(path)?.[1];
  if (length !== undefined) return ((valueAt(length, document, manifest) ?? []) as readonly unknown[]).length;
  const [plain = '', variable] = path.split('~');
  if (plain === 'annotations') return manifest['annotations'] ?? null;
  const own = Object.hasOwn(document, plain);
  const value = own
    ? document[plain]
    : plain.split('.').reduce<unknown>((inside, key) => {
        if (key === 'last') return (inside as readonly unknown[]).at(-1);
        return (inside as Fields | undefined)?.[key];
      }, document);
  if (variable === undefined) return value ?? null;
  return (value as readonly string[]).filter(entry => entry.startsWith(variable));
}

/** The word for a field that peers name in the plural, or as the document does. */
const fieldOf = (name: string): string =>
  name
    .replace(/^config\./, '')
    .replace(/^exposed-?(?=port)/, '')
    .replace(/^working(?=dir)/, 'work')
    .replace(/^(env|label|port|volume|annotation)s$/, '$1');

/** One edit in the words of the fixtures as options. */
function optionsOf(edit: string): ConfigOptions {
  const [, word = '', value = ''] = /^(\S+?)[= ]([\s\S]*)$/.exec(edit) ?? [];
  const history = /^history (\w+)=([\s\S]*)$/.exec(edit);
  if (history !== null) {
    const names = { author: 'historyAuthor', comment: 'message', created_by: 'createdBy', created: 'historyCreated' };
    return { [names[history[1] as keyof typeof names]]: history[2] };
  }
  if (edit === 'no history') return { noHistory: true };
  if (word === 'clear') return { unset: [fieldOf(value)] };
  if (word === 'unset') return { unset: [value.replace(/^os\.feature /, 'os.features:').replace(' ', ':')] };
  if (word === 'author' || word === 'created') return { [word]: value };
  if (word === 'annotation') return { annotations: [value] };
  if (word === 'volume' || word === 'port' || word === 'label' || word === 'env') return { set: [`${word}:${value}`] };
  if (word === 'os.feature') return { set: [`os.features=${value}`] };
  return { set: [`${word}=${value}`] };
}

function merged(all: readonly ConfigOptions[]): ConfigOptions {
  const set = all.flatMap(one => one.set ?? []);
  return { ...Object.assign({}, ...all), ...(set.length === 0 ? {} : { set }) };
}

interface EditCase {
  readonly name: string;
  readonly edits: readonly string[];
  readonly expect: Fields | 'error';
}

/** Where ocikit differs on purpose: an edit that changes nothing writes no line, and image-spec wants an architecture. */
const otherwise = new Set(['no edit, new tag', 'os and empty arch']);

test("umoci's edits give what umoci gives", async t => {
  for (const { name, edits, expect } of fixtureCases<EditCase>(t, 'change/config/umoci-config.json') ?? []) {
    if (otherwise.has(name)) continue;
    const image = layoutOf(t, {
      variant: 'v8',
      config: { Env: ['PATH=/bin'], Cmd: ['sh'] },
      history: [],
    });
    const said = edits.map(optionsOf);
    // What is unset goes before what is set: where the order is another, there are two edits.
    const calls = edits.findIndex(edit => edit.startsWith('clear')) > 0 ? said : [merged(said)];
    const run = async (): Promise<void> => {
      for (const options of calls) await config(image, options);
    };
    if (expect === 'error') {
      await assert.rejects(run(), OciError, name);
      continue;
    }
    await run();
    const [document, manifest] = [await documentOf(image), await documentOf(image, 'manifest')];
    const { history_added: added, ...paths } = expect;
    for (const [path, value] of Object.entries(paths))
      assert.deepEqual(valueAt(path, document, manifest), value, `${name}: ${path}`);
    if (added !== undefined) assert.equal((document['history'] as readonly unknown[]).length, added, name);
    await isValid(image);
  }
});

/** buildah's own words: an entrypoint and a command as a Dockerfile has them. */
function buildahOptions(edit: string): ConfigOptions {
  const [, word = '', value = ''] = /^(\S+) ([\s\S]*)$/.exec(edit) ?? [];
  if (edit === 'entrypoint ""') return { unset: ['entrypoint'] };
  if (edit === 'cmd command') return { set: ['cmd=["command"]'] };
  if (['entrypoint', 'cmd', 'onbuild', 'env'].includes(word))
    return { instructions: [`${word.toUpperCase()} ${value}`] };
  if (word === 'shell') return { set: [`shell=["${value}"]`] };
  if (word === 'hostname' || word === 'domainname') return { set: [`${word}=${value}`] };
  return optionsOf(edit);
}

test("buildah's edits give what buildah gives, and what OCI has no field for is not lost", async t => {
  for (const { name, edits, expect } of fixtureCases<EditCase>(t, 'change/config/buildah-config.json') ?? []) {
    const image = layoutOf(t, { config: {}, history: [] });
    if (edits[0] === '(the previous case)')
      await config(image, {
        set: ['env:VARIABLE=VALUE1,VALUE2', 'label:LABEL=VALUE', 'port:12345', 'volume:/VOLUME'],
        annotations: ['ANNOTATION=VALUE1,VALUE2'],
      });
    for (const edit of edits.filter(text => !text.startsWith('('))) await config(image, buildahOptions(edit));
    const [document, manifest] = [await documentOf(image), await documentOf(image, 'manifest')];
    for (const [path, value] of Object.entries(expect as Fields))
      assert.deepEqual(valueAt(path, document, manifest), value, `${name}: ${path}`);
    await isValid(image);
  }
});

/** No diffIDs are an empty list in what is written, as every engine reads them. */
const withList = (value: unknown): unknown => {
  const { diff_ids: diffIDs } = (value ?? {}) as { diff_ids?: unknown };
  return diffIDs === null ? { ...(value as Fields), diff_ids: [] } : value;
};

test('a config that engines refuse is refused or named, and never made', async t => {
  type Case = { name: string; changed: Fields; engines: Readonly<Record<string, string>> };
  for (const { name, changed } of fixtureCases<Case>(t, 'change/config/engines.json') ?? []) {
    const layout = makeLayout(join(temporaryDirectory(t), 'img'));
    const document: Record<string, unknown> = {
      created: '2024-01-01T00:00:00Z',
      config: { Env: ['PATH=/bin'], Cmd: ['/f'] },
      history: [{ created: '2024-01-01T00:00:00Z' }],
    };
    for (const [path, value] of Object.entries(changed)) {
      const [top = '', key] = path.startsWith('config.') ? path.split(/\.(.*)/) : [path];
      const inside = key === undefined ? document : (document[top] as Record<string, unknown>);
      inside[key ?? top] = value === '(absent)' ? undefined : value;
    }
    putName(layout, 'app', putImage(layout, { layers: [{ tar: layerTar([]) }], config: document }));
    const before = snapshotOf(layout);
    try {
      await config(`${layout}:app`, { set: ['env:A=b'], now: '2024-01-01T00:00:00Z' });
      for (const { code, pointer } of (await validate(`${layout}:app`)).findings)
        assert.ok(!/^schema-(?:type|required|const)/.test(code) && !/created$/.test(pointer ?? ''), `${name}: ${code}`);
    } catch (error) {
      assert.ok(error instanceof OciError, `${name}: ${(error as Error).stack}`);
      isSame(snapshotOf(layout), before, name);
      continue;
    }
    const after = await documentOf(`${layout}:app`);
    for (const [path, value] of Object.entries(changed))
      if (!/^config$|Env|history|created/.test(path) && value !== '(absent)')
        assert.deepEqual(valueAt(path, after, {}), withList(value), `${name}: ${path}`);
  }
});

test('a field or a time for which engines refuse the image is not handed on by an edit, and an edit may mend it', async t => {
  const image = layoutOf(t, {
    config: { StopTimeout: '10', Tty: 'true', Hostname: 1, ExposedPorts: { '80/tcp': null } },
  });
  const before = await digestOf(image);
  await assert.rejects(config(image, { set: ['user=me'] }), /expected a string at \/config\/Hostname, got number 1/);
  const unset = ['hostname', 'tty'];
  await assert.rejects(config(image, { unset }), /expected a whole number at \/config\/StopTimeout, got string 10/);
  assert.equal(await digestOf(image), before);
  await config(image, { unset, set: ['stop-timeout=10'] });
  // Null stands for an empty object wherever Go reads one.
  assert.deepEqual((await documentOf(image))['config'], { StopTimeout: 10, ExposedPorts: { '80/tcp': null } });
  await isValid(image);
  const dated = layoutOf(t, { created: 'yesterday', history: [] });
  await assert.rejects(config(dated, { set: ['user=me'] }), /expected a time as RFC 3339 has it at \/created/);
  await config(dated, { set: ['user=me'], created: '2024-01-01T00:00:00Z' });
  await isValid(dated);
  const long = layoutOf(t, { history: [{ created_by: 'a layer that there is not' }] });
  await assert.rejects(config(long, { set: ['user=me'] }), /expected at most 0 lines of history with a layer, got 1/);
});

test('every platform of a published index is edited without its layers, and its attestations name the new manifests', async t => {
  const published = fixture(t, 'change/index/ubuntu-attested');
  type Case = { digest: string; attests: string | null };
  const cases = fixtureCases<Case>(t, 'change/index/ubuntu-attested.json') ?? [];
  if (published === undefined) return;
  const layout = join(temporaryDirectory(t), 'img');
  copyWritable(published, layout);
  const result = await config(layout, { tag: 'new', allPlatforms: true, set: ['user=1000'] });
  assert.equal(result.images.length, 6);
  const { manifests } = (await documentOf(`${layout}:new`, 'index')) as {
    manifests: readonly { digest: string; annotations?: Readonly<Record<string, string>> }[];
  };
  const made = new Map(result.images.map(({ before, manifest }) => [before as string, manifest as string]));
  assert.deepEqual(
    manifests.map(({ digest, annotations }) => [digest, annotations?.['vnd.docker.reference.digest'] ?? null]),
    cases.map(({ digest, attests }) => [made.get(digest) ?? digest, attests === null ? null : made.get(attests)]),
  );
  assert.equal(result.warnings.length, 6);
});

test('annotations go on manifests, on single layers and on the index, and come off again', async t => {
  const { layout } = await preparePlace(temporaryDirectory(t));
  const image = `${layout}:app`;
  const before = await digestOf(image);
  await config(image, { annotations: ['a=b'], layerAnnotations: ['1:purpose=fonts', '3:x='] });
  const manifest = (await documentOf(image, 'manifest')) as { annotations: unknown; layers: readonly Fields[] };
  assert.deepEqual(manifest.annotations, { a: 'b' });
  assert.deepEqual(
    manifest.layers.map(layer => layer['annotations']),
    [{ purpose: 'fonts' }, undefined, { x: '' }],
  );
  await config(image, { unset: ['annotation:a', 'layer-annotation:1:purpose', 'layer-annotation:3'] });
  assert.equal(await digestOf(image), before);
  const multi = `${layout}:multi`;
  await config(multi, { indexAnnotations: ['c=d'], allPlatforms: true });
  assert.deepEqual((await documentOf(multi, 'index'))['annotations'], { c: 'd' });
  await config(multi, { unset: ['index-annotation'], platform: 'linux/arm64' });
  assert.equal((await documentOf(multi, 'index'))['annotations'], undefined);
  await assert.rejects(config(image, { layerAnnotations: ['4:a=b'] }), /expected one of 3 layers, got layer 4/);
  await assert.rejects(config(image, { layerAnnotations: ['a=b'] }), /expected the number of a layer/);
  await assert.rejects(config(image, { indexAnnotations: ['a=b'] }), /expected a multi-platform image/);
  await assert.rejects(
    config(multi, { indexAnnotations: ['a=b'], tag: 'other', platform: 'linux/arm64' }),
    (error: Error & { hint?: string }) => /option allPlatforms/.test(error.hint ?? ''),
  );
  await isValid(layout);
});

test('what ocikit does not know, and what is empty, stays as it is written', async t => {
  const document = {
    'os.features': null,
    author: '',
    container_config: { Odd: 1 },
    config: { Env: null, Labels: {}, Volumes: null, User: '', Memory: 5, Cmd: [] },
    history: null,
  };
  const image = layoutOf(t, document);
  await config(image, { instructions: ['WORKDIR /a'], noHistory: true, now: '2024-01-01T00:00:00Z' });
  const after = await documentOf(image);
  assert.deepEqual(after['config'], { ...document.config, WorkingDir: '/a' });
  assert.deepEqual([after['os.features'], after['author'], after['container_config']], [null, '', { Odd: 1 }]);
  assert.deepEqual([after['history'], after['created']], [null, '2024-01-01T00:00:00Z']);
  await config(image, { unset: ['workdir', 'created'], noHistory: true, now: '2025-01-01T00:00:00Z' });
  assert.equal((await documentOf(image))['created'], undefined);
});

test('a text goes from the history, and the line about it does not say it', async t => {
  const image = layoutOf(t, { history: [{ created_by: 'RUN |1 T=hunter2 /bin/sh -c make' }] });
  const { isChanged, warnings } = await config(image, { redact: ['hunter2'] });
  assert.deepEqual([isChanged, warnings], [true, []]);
  assert.deepEqual((await documentOf(image))['history'], [
    { created_by: 'RUN |1 T=*** /bin/sh -c make' },
    { created_by: 'redact history', empty_layer: true },
  ]);
  const again = await config(image, { redact: ['hunter2'] });
  assert.deepEqual([again.isChanged, again.warnings.length], [false, 1]);
  await assert.rejects(config(image, { redact: [''] }), { code: 'usage', option: 'redact' });
});

test('a word that says no field, no value or a wrong one is refused, and nothing is changed', async t => {
  const image = layoutOf(t);
  const before = await digestOf(image);
  const wrong: readonly ConfigOptions[] = [
    { unset: ['enviroment:A'] },
    { unset: ['user:root'] },
    { unset: ['env=A'] },
    { set: ['user'] },
    { set: ['env=A=b'] },
    { set: ['env:A'] },
    { set: ['cmd=sh'] },
    { set: ['cmd={}'] },
    { set: ['port:http'] },
    { set: ['tty=yes'] },
    { set: ['stop-timeout=soon'] },
    { set: ['healthcheck={"Interval":"30s"}'] },
    { set: ['created=2024-01-01T00:00:00Z'] },
    { set: ['architecture='] },
    { set: ['stopsignal=SIGFOO'] },
    { set: ['architecture=x86/64'] },
    { set: ['os=gnu/hurd'] },
    { set: ['variant=v 8'] },
    { unset: ['layer-annotation:1:'] },
    { unset: ['index-annotation:'] },
    { layerAnnotations: ['0:a=b'] },
    { set: ['user=me'], noHistory: true, historyAuthor: 'me' },
    { set: ['user=me'], noHistory: true, message: 'why' },
  ];
  for (const options of wrong) await assert.rejects(config(image, options), OciError, JSON.stringify(options));
  assert.equal(await digestOf(image), before);
});

test('what is set is so afterwards: a variable has one value, and a port that is there in another spelling is not there twice', async t => {
  const image = layoutOf(t, { config: { Env: ['A=1', 'B=2', 'A=2'], ExposedPorts: { '80/tcp': {}, 90: {} } } });
  const before = await digestOf(image);
  for (const set of ['port:80', 'port:80/tcp', 'port:90/tcp', 'port:90', 'env:B=2'])
    assert.equal((await config(image, { set: [set] })).isChanged, false, set);
  assert.equal(await digestOf(image), before);
  await config(image, { set: ['env:A=3', 'port:90/udp'] });
  const made = await documentOf(image);
  assert.deepEqual(valueAt('config.Env', made, {}), ['A=3', 'B=2']);
  assert.deepEqual(valueAt('config.ExposedPorts', made, {}), { '80/tcp': {}, 90: {}, '90/udp': {} });
});

test('an empty author is nobody: setting it changes nothing where there is none, and takes away who is there', async t => {
  for (const document of [{}, { author: '' }, { author: null }]) {
    const image = layoutOf(t, document);
    assert.equal((await config(image, { author: '', now: '2024-01-01T00:00:00Z' })).isChanged, false);
  }
  const image = layoutOf(t, { author: 'me' });
  await config(image, { author: '' });
  const { author, history } = await documentOf(image);
  assert.deepEqual([author, history], [undefined, [{ empty_layer: true }]]);
});

const name = fc.constantFrom('A', 'B', 'C');
const edit = fc.oneof(
  fc.record({ field: fc.constantFrom('env', 'label'), name, value: fc.string({ maxLength: 5 }) }).map(one => ({
    set: `${one.field}:${one.name}=${one.value}`,
    unset: `${one.field}:${one.name}`,
  })),
  fc.constantFrom('port:80/tcp', 'port:53/udp', 'volume:/a', 'volume:/b=c').map(word => ({ set: word, unset: word })),
  fc
    .constantFrom(
      'user=me',
      'hostname=box',
      'tty=true',
      'stop-timeout=5',
      'healthcheck=NONE',
      'cmd=["a"]',
      'shell=["b"]',
    )
    .map(word => ({ set: word, unset: word.split('=', 1)[0] as string })),
);

test('what is set and unset again is what it was, twice is once, and an edit is the same before a copy and after it', async t => {
  const image = layoutOf(t, { config: { WorkingDir: '/a' }, history: [] });
  const directory = temporaryDirectory(t);
  // Once edited, its fields stand in the order in which ocikit writes them.
  await config(image, { set: ['domainname=x'], noHistory: true });
  await config(image, { unset: ['domainname'], noHistory: true });
  const before = await digestOf(image);
  let turn = 0;
  const law = async (edits: readonly { readonly set: string; readonly unset: string }[]): Promise<void> => {
    const set = edits.map(one => one.set);
    const out = join(directory, String(turn++));
    const first = await config(image, { set, output: `${out}:v` });
    assert.equal((await config(`${out}:v`, { set })).manifest, first.manifest);
    await copy(image, `${out}:copied`);
    assert.equal((await config(`${out}:copied`, { set })).manifest, first.manifest);
    const unset = edits.map(one => one.unset);
    await config(image, { set, noHistory: true, output: `${out}:bare` });
    assert.equal((await config(`${out}:bare`, { unset, noHistory: true })).manifest, before);
    await isValid(out);
  };
  await fc.assert(fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 5 }), law), { numRuns: 12 });
});
