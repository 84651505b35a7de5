import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { OciError } from '../errors.ts';
import { readImage } from '../graph/image-reader.ts';
import { pickImage } from '../graph/pick-image.ts';
import type { ImageStore } from '../graph/source.ts';
import { layersOf } from '../image/layers.ts';
import { depthLimit } from '../limits.ts';
import { diffIDOf, digestOf } from '../spec/digest.ts';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import { withName, withUnnamed } from '../spec/name.ts';
import type { Descriptor, Document, ImageConfig, ImageIndex, Manifest, Platform } from '../spec/objects.ts';
import { fixtureCases } from '../testing/fixtures.ts';
import { tarOf } from '../testing/tar-of.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { parseImagePlace } from './image-place.ts';
import { createLayout } from './layout/create-layout.ts';
import { locate } from './locate.ts';
import { openImage, openNamed } from './open-operand.ts';

const refusal =
  (code: OciError['code'], message: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof OciError, error instanceof Error ? error.stack : `${error}`);
    assert.equal(error.code, code, error.message);
    assert.match(`${error.message} (${error.hint})`, message);
    return true;
  };

async function put<T>(store: ImageStore, document: Document<T>): Promise<Descriptor> {
  await store.put(
    (async function* () {
      yield document.bytes;
    })(),
  );
  return document.descriptor;
}

/** An image of one layer that nobody reads; `marker` makes its config its own. */
async function putImage(store: ImageStore, platform: Platform, marker = ''): Promise<Descriptor> {
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(new Uint8Array([1])), size: 1 };
  const config: ImageConfig = {
    author: marker,
    ...platform,
    rootfs: { type: 'layers', diff_ids: [diffIDOf('1'.repeat(64))] },
  };
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: await put(store, encodeDocument(config, mediaTypes.config)),
    layers: [layer],
  };
  return put(store, encodeDocument(manifest, mediaTypes.manifest));
}

function putIndex(store: ImageStore, manifests: readonly Descriptor[]): Promise<Descriptor> {
  const index: ImageIndex = { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
  return put(store, encodeDocument(index, mediaTypes.index));
}

const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64' };
const armv6 = { os: 'linux', architecture: 'arm', variant: 'v6' };
const windows = { os: 'windows', architecture: 'amd64' };

interface Opened {
  readonly path: string;
  readonly store: ImageStore;
}

async function newLayout(t: TestContext): Promise<Opened> {
  const path = join(temporaryDirectory(t), 'out');
  return { path, store: await createLayout(path) };
}

const name = (store: ImageStore, text: string, descriptor: Descriptor): Promise<unknown> =>
  store.updateIndex(index => withName(index, text, descriptor));

test('a path ends at the last colon before which a path exists, and where none exists at the first', t => {
  const directory = temporaryDirectory(t);
  for (const made of ['out', 'a:b/app', 'x@y']) mkdirSync(join(directory, made), { recursive: true });
  const parse = (text: string): unknown => parseImagePlace(join(directory, text), 'read');
  const at = (path: string, rest: object = {}): object => ({ path: join(directory, path), ...rest });
  const sha = `sha256:${'4'.repeat(64)}`;
  assert.deepEqual(parse('out'), at('out'));
  assert.deepEqual(parse('out:v1'), at('out', { name: 'v1' }));
  assert.deepEqual(parse('out:docker.io/library/app:v1'), at('out', { name: 'docker.io/library/app:v1' }));
  assert.deepEqual(parse('a:b/app:v1'), at('a:b/app', { name: 'v1' }));
  assert.deepEqual(parse('x@y:v1@4413'), at('x@y', { name: 'v1', digest: '4413' }));
  assert.deepEqual(parse('out@4413'), at('out', { digest: '4413' }));
  assert.deepEqual(parse(`out:app@${sha}`), at('out', { name: 'app', digest: sha }));
  assert.deepEqual(parse(`new@${sha}`), at('new', { digest: sha }));
  assert.deepEqual(parse('new:app:v1'), at('new', { name: 'app:v1' }));
});

test('kinds are known by their spellings, and writing without a name means latest', () => {
  assert.deepEqual(parseImagePlace('oci:new:v1', 'read'), { kind: 'oci', path: 'new', name: 'v1' });
  assert.deepEqual(parseImagePlace('ocidir://new', 'write'), { kind: 'oci', path: 'new', name: 'latest' });
  for (const spelling of ['oci:', 'oci://', 'ocidir://', 'oci-layout://'])
    for (const path of ['new', 'a/new', '/new', './new'])
      for (const use of ['read', 'write'] as const)
        assert.deepEqual(parseImagePlace(`${spelling}${path}:v1`, use), { kind: 'oci', path, name: 'v1' });
  assert.deepEqual(parseImagePlace('oci-layout:///new:v1', 'write'), { kind: 'oci', path: '/new', name: 'v1' });
  assert.deepEqual(parseImagePlace('oci-archive:a.tar', 'read'), { kind: 'oci-archive', path: 'a.tar' });
  assert.deepEqual(parseImagePlace('docker-archive:a.tar:x', 'read'), {
    kind: 'docker-archive',
    path: 'a.tar',
    name: 'x',
  });
  assert.throws(() => parseImagePlace('new@4413', 'write'), refusal('usage', /expected a name to write/));
});

test('an operand that can name nothing is a usage error', t => {
  for (const text of ['', ':v1', 'oci:', 'new:', `${temporaryDirectory(t)}@xyz`, 'a\0b', 'x'.repeat(9000)]) {
    assert.throws(() => parseImagePlace(text, 'read'), refusal('usage', /expected/));
  }
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), text => {
      try {
        const { path, name = 'x' } = parseImagePlace(text, 'read');
        assert.ok(path !== '' && name !== '' && text.includes(path));
      } catch (error) {
        assert.ok(error instanceof OciError && error.code === 'usage', `${error}`);
      }
    }),
  );
});

interface ReferenceCase {
  readonly grammar: string;
  readonly input: unknown;
  readonly valid: boolean | null;
  readonly expect: {
    readonly scheme?: string;
    readonly path?: string;
    readonly tag?: string;
    readonly digest?: string;
    readonly ref?: string;
    readonly dir?: string;
    readonly image?: string;
  };
}

test('what other tools take for PATH:NAME is taken apart as they do', t => {
  const cases = fixtureCases<ReferenceCase>(t, 'cases/references.json');
  if (cases === undefined) return;
  let checked = 0;
  for (const { grammar, input, valid, expect } of cases) {
    // Whether a name may be written is for the verbs that write; here only the parts count.
    if (grammar.startsWith('regclient') && valid === true && expect.scheme === 'ocidir') {
      const { path, name = '', digest = '' } = parseImagePlace(String(input), 'read');
      assert.deepEqual({ path, name, digest }, { path: expect.path, name: expect.tag, digest: expect.digest });
      checked++;
    }
    if (grammar === 'oci:PATH[:NAME]' && expect.ref !== undefined) {
      const { path, name = '' } = parseImagePlace(`oci:${expect.ref}`, 'read');
      assert.deepEqual({ path, name }, { path: expect.dir, name: expect.image });
      checked++;
    }
  }
  assert.ok(checked >= 4);
});

test('without a name the only image is meant, else latest, else none', async t => {
  const { path, store } = await newLayout(t);
  await assert.rejects(openImage(path), refusal('not-found', /layout is empty/));
  const [first, second] = [await putImage(store, amd64, '1'), await putImage(store, amd64, '2')];
  await name(store, 'v1', first);
  await name(store, 'v2', first);
  assert.equal((await openImage(path)).descriptor.digest, first.digest);
  await name(store, 'docker.io/library/app:v3', second);
  await assert.rejects(
    openImage(path),
    refusal('usage', /expected one image, got several.*v1, v2, docker.io\/library\/app:v3/),
  );
  assert.equal((await openImage(`${path}:app:v3`)).descriptor.digest, second.digest);
  await name(store, 'latest', second);
  assert.equal((await openImage(path)).descriptor.digest, second.digest);
  await assert.rejects(openImage(`${path}:nothing`), refusal('not-found', /out:nothing.*v1, v2/));
});

test('an image is found by the beginning of its digest or of its image ID, wherever it is nested', async t => {
  const { path, store } = await newLayout(t);
  const [one, two, three] = [
    await putImage(store, amd64, '1'),
    await putImage(store, arm64, '2'),
    await putImage(store, amd64, '3'),
  ];
  const inner = await putIndex(store, [two]);
  const outer = await putIndex(store, [{ ...three, platform: amd64 }, inner]);
  await name(store, 'v1', one);
  await name(store, 'multi', outer);
  const lost = { ...one, digest: digestOf(new Uint8Array([9])) };
  await store.updateIndex(index => withUnnamed(index, lost));
  for (const descriptor of [one, two, three, inner, outer]) {
    assert.equal((await openNamed(`${path}@${descriptor.digest}`)).named.digest, descriptor.digest);
    assert.equal((await openNamed(`${path}@${descriptor.digest.slice(7, 23)}`)).named.digest, descriptor.digest);
    assert.equal((await openNamed(`${path}@${descriptor.digest.slice(0, 23)}`)).named.digest, descriptor.digest);
  }
  for (const descriptor of [one, two, three]) {
    const { config } = await readImage(store, descriptor);
    const opened = await openImage(`${path}@${config.descriptor.digest.slice(7, 27)}`);
    assert.equal(opened.descriptor.digest, descriptor.digest);
  }
  assert.equal((await openNamed(`${path}:multi@${two.digest}`)).named.digest, two.digest);
  await assert.rejects(
    openNamed(`${path}:v1@${two.digest}`),
    refusal('not-found', /an image with this digest or image ID/),
  );
  await assert.rejects(openNamed(`${path}@${'0'.repeat(20)}`), refusal('not-found', /@0{20}/));
  await assert.rejects(openNamed(`${path}@sha256:`), refusal('usage', /after '@'/));
});

test('a beginning that several images share is an error that lists them', async t => {
  const { path, store } = await newLayout(t);
  const digests = new Map<string, string>();
  for (let n = 0; ; n++) {
    const descriptor = await putImage(store, amd64, `${n}`);
    await name(store, `v${n}`, descriptor);
    const digit = descriptor.digest.slice(7, 8);
    const other = digests.get(digit);
    digests.set(digit, descriptor.digest);
    if (other === undefined) continue;
    await assert.rejects(openNamed(`${path}@${digit}`), refusal('usage', new RegExp(`got .*${other}`)));
    return;
  }
});

test('a platform picks in nested indexes; without one the only image, else the host’s on linux, else an error with the choices', async t => {
  const { path, store } = await newLayout(t);
  const [a, b, c] = [await putImage(store, amd64), await putImage(store, arm64), await putImage(store, armv6)];
  const attestation = {
    ...(await putImage(store, amd64, 'about')),
    platform: { os: 'unknown', architecture: 'unknown' },
  };
  const unknown = { mediaType: 'application/x-else', digest: digestOf(new Uint8Array()), size: 0 } as const;
  const nested = await putIndex(store, [{ ...b, platform: arm64 }, c, unknown]);
  await name(store, 'multi', await putIndex(store, [attestation, { ...a, platform: amd64 }, nested]));
  await name(
    store,
    'single',
    await putIndex(store, [attestation, { ...c, annotations: { 'vnd.docker.reference.type': 'x' } }, b]),
  );
  const digestFor = async (text: string, options: object): Promise<string> =>
    (await openImage(`${path}:${text}`, options)).descriptor.digest;
  assert.equal(await digestFor('multi', { platform: 'linux/arm64/v8' }), b.digest);
  assert.equal(await digestFor('multi', { platform: 'linux/arm/v7' }), c.digest);
  assert.equal(await digestFor('multi', { hostPlatform: { os: 'darwin', architecture: 'arm64' } }), b.digest);
  assert.equal(await digestFor('single', {}), b.digest);
  const choices = /linux\/amd64, linux\/arm\/v6, linux\/arm64/;
  await assert.rejects(
    openImage(`${path}:multi`, { hostPlatform: { os: 'linux', architecture: 's390x' } }),
    refusal('usage', choices),
  );
  await assert.rejects(openImage(`${path}:multi`, { platform: 'windows/amd64' }), refusal('not-found', choices));
  await assert.rejects(openImage(`${path}:single`, { platform: 'linux/s390x' }), refusal('not-found', /linux\/arm64/));
  await name(store, 'plain', await putImage(store, windows));
  await assert.rejects(
    openImage(`${path}:plain`, { platform: 'linux/amd64' }),
    refusal('not-found', /got one for windows\/amd64/),
  );
});

test('nesting is limited, and an index listed a thousand times is read once', async t => {
  const { path, store } = await newLayout(t);
  let inner = await putImage(store, amd64);
  for (let depth = 0; depth < depthLimit; depth++) {
    const child = inner;
    inner = await putIndex(
      store,
      Array.from({ length: 1000 }, () => child),
    );
  }
  await name(store, 'deep', inner);
  assert.equal((await openImage(`${path}:deep`)).image.config.value.os, 'linux');
  await name(store, 'deeper', await putIndex(store, [inner]));
  await assert.rejects(openImage(`${path}:deeper`), refusal('invalid', /at most 8 deep/));
});

test('what is no image is named by its type, and layers without diffIDs are refused', async t => {
  const { path, store } = await newLayout(t);
  const empty = await put(store, encodeDocument({}, mediaTypes.empty));
  const artifact: Manifest = { schemaVersion: 2, artifactType: 'application/x-sbom', config: empty, layers: [empty] };
  await name(store, 'sbom', await put(store, encodeDocument(artifact, mediaTypes.manifest)));
  await assert.rejects(openImage(`${path}:sbom`), refusal('unsupported', /artifact of type application\/x-sbom/));
  await name(store, 'other', { ...empty, mediaType: 'text/plain' });
  await assert.rejects(openImage(`${path}:other`), refusal('unsupported', /text\/plain/));
  await name(store, 'v1', { ...empty, mediaType: mediaTypes.manifest });
  await assert.rejects(openImage(`${path}:v1`), refusal('invalid', /image manifest sha256:/));
  const image = await readImage(store, await putImage(store, amd64));
  assert.equal(layersOf(image).length, 1);
  const { value } = image.config;
  const bare = {
    ...image,
    config: { ...image.config, value: { ...value, rootfs: { ...value.rootfs, diff_ids: [] } } },
  };
  assert.throws(() => layersOf(bare), refusal('invalid', /diff_ids.*\(1\), got 0/));
  await assert.rejects(pickImage(store, empty, { subject: 'x' }), refusal('unsupported', /^x: /));
});

test('a place is told by what lies in it', async t => {
  const { path } = await newLayout(t);
  const directory = join(path, '..');
  const documents: Readonly<Record<string, string>> = {
    'oci-layout': '{"imageLayoutVersion":"1.0.0"}',
    'index.json': '{"schemaVersion":2,"manifests":[]}',
    './manifest.json': '[]',
  };
  const make = (name: string, files: readonly string[]): string => {
    for (const file of files) {
      mkdirSync(join(directory, name, file, '..'), { recursive: true });
      writeFileSync(join(directory, name, file), documents[file] ?? '{}');
    }
    return join(directory, name);
  };
  const bundle = make('bundle', ['ocikit.json', 'config.json', 'rootfs/etc/passwd']);
  const rootfs = make('rootfs', ['etc/passwd']);
  const bare = make('bare', ['index.json', 'blobs/sha256/x']);
  const archive = (name: string, members: readonly string[]): Promise<string> =>
    tarOf(join(directory, name), Object.fromEntries(members.map(member => [member, documents[member] ?? ''])));
  const [oci, docker] = [
    await archive('oci.tar', ['index.json', 'oci-layout']),
    await archive('d.tar', ['./manifest.json']),
  ];
  const tar = await archive('rootfs.tar', ['etc/', 'etc/oci-layout', 'repositories/', 'repositories/x']);
  assert.equal((await locate(path)).kind, 'image');
  assert.equal((await locate(`${path}:v1`)).kind, 'image');
  assert.equal((await locate(`oci:${path}:v1@44`)).kind, 'image');
  assert.equal((await locate(oci)).kind, 'image');
  await assert.rejects(locate(`${docker}:app:v1`), refusal('invalid', /d\.tar: manifest\.json: expected an image/));
  assert.deepEqual(await locate(tar), { kind: 'tar', path: tar });
  assert.deepEqual(await locate(`tar:${oci}`), { kind: 'tar', path: oci });
  assert.deepEqual(await locate(bundle), { kind: 'bundle', directory: bundle });
  assert.deepEqual(await locate(rootfs), { kind: 'rootfs', directory: rootfs });
  assert.deepEqual(await locate(`rootfs:${path}`), { kind: 'rootfs', directory: path });
  const noImages = /expected an image layout or an image archive/;
  assert.equal((await locate(bare)).kind, 'image');
  await assert.rejects(locate(`${rootfs}:v1`), refusal('invalid', noImages));
  await assert.rejects(locate(`${tar}:v1`), refusal('invalid', noImages));
  await assert.rejects(
    locate(join(make('files', ['image.tar']), 'image.tar')),
    refusal('invalid', /an archive or a tar, got none/),
  );
  await assert.rejects(locate(join(directory, 'missing')), refusal('not-found', /missing: expected an image or/));
  await assert.rejects(locate('rootfs:nothing-here'), refusal('not-found', /a directory/));
  await assert.rejects(locate('tar:nothing-here'), refusal('not-found', /a tar file/));
  await assert.rejects(locate(`tar:${rootfs}`), refusal('invalid', /a tar file, got a directory/));
});

test('images are not opened in what is no layout, and each refusal says why', async t => {
  const { path } = await newLayout(t);
  const file = join(path, 'index.json');
  await assert.rejects(openImage(join(path, 'missing:v1')), refusal('not-found', /missing: expected an image layout/));
  await assert.rejects(
    openImage(`${file}:v1`),
    refusal('invalid', /index.json: expected an image layout, an archive or a tar, got none/),
  );
  await assert.rejects(
    openImage(`oci-archive:${file}`),
    refusal('invalid', /index.json: expected an image layout, an archive or a tar, got none/),
  );
  // A header that ends within its checksum, which says that it is a number of another form.
  const short = Buffer.alloc(150, 0xde);
  for (const bytes of [short, gzipSync(short)]) {
    writeFileSync(file, bytes);
    await assert.rejects(
      openImage(`oci-archive:${file}`),
      refusal('invalid', /index.json: expected an image layout, an archive or a tar, got none/),
    );
  }
  rmSync(join(path, 'index.json'));
  await assert.rejects(
    openImage(path),
    refusal('invalid', /out: expected an image layout, got a directory without the file index.json/),
  );
});
