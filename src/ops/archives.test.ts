import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { encodeDocument, encodeJson } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import type { Descriptor, ImageConfig, Manifest } from '../spec/objects.ts';
import { openArchive } from '../store/archive/archive.ts';
import { openLayout } from '../store/layout/layout.ts';
import { isValid, refusal } from '../testing/answers.ts';
import { tarOf } from '../testing/tar-of.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commit } from './commit.ts';
import { copy } from './copy.ts';
import { diff } from './diff.ts';
import { history } from './history.ts';
import { images } from './images.ts';
import { init } from './init.ts';
import { inspect, inspectRaw } from './inspect.ts';
import { load } from './load.ts';
import { save } from './save.ts';
import { tag } from './tag.ts';

const platform = 'linux/amd64';
const hostPlatform = { os: 'linux', architecture: 'amd64' };

/** A layout `img` with `base`, and `figlet` over it. */
async function sample(t: TestContext): Promise<{ readonly place: string; readonly img: string }> {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'rootfs/etc'), { recursive: true });
  writeFileSync(join(place, 'rootfs/etc/motd'), 'hello\n');
  const img = join(place, 'img');
  await commit(join(place, 'rootfs'), `${img}:base`, { platform, instructions: ['CMD ["sh"]'] });
  writeFileSync(join(place, 'rootfs/etc/figlet'), 'x'.repeat(5000));
  await commit(join(place, 'rootfs'), `${img}:figlet`, { platform, base: `${img}:base` });
  return { place, img };
}

/** An index of two platforms with an attestation about the first, named `multi`; the manifests' digests. */
async function multiPlatform(
  place: string,
  img: string,
): Promise<{ readonly index: Descriptor; readonly children: readonly Descriptor[] }> {
  const store = await openLayout(img);
  const put = async (bytes: Uint8Array): Promise<void> => {
    await store.put(
      (async function* () {
        yield bytes;
      })(),
    );
  };
  await commit(join(place, 'rootfs'), `${img}:arm`, { platform: 'linux/arm64' });
  const named = (name: string): Promise<Descriptor> => descriptorOf(img, name);
  const [amd64, arm64] = [await named('base'), await named('arm')];
  const config = encodeJson({});
  await put(config);
  const attestation: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: 'application/vnd.example',
    config: {
      mediaType: mediaTypes.empty,
      digest: `sha256:${createHash('sha256').update(config).digest('hex')}`,
      size: config.length,
    },
    layers: [],
    subject: amd64,
  };
  const about = encodeDocument(attestation, mediaTypes.manifest);
  await put(about.bytes);
  const children: Descriptor[] = [
    { ...amd64, platform: { architecture: 'amd64', os: 'linux' } },
    { ...arm64, platform: { architecture: 'arm64', os: 'linux' } },
    {
      ...about.descriptor,
      platform: { architecture: 'unknown', os: 'unknown' },
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': amd64.digest },
    },
  ];
  const index = encodeDocument(
    { schemaVersion: 2, mediaType: mediaTypes.index, manifests: children },
    mediaTypes.index,
  );
  await put(index.bytes);
  const listed = { ...index.descriptor, annotations: { 'org.opencontainers.image.ref.name': 'multi' } };
  await store.updateIndex(value => ({ ...value, manifests: [...value.manifests, listed] }));
  return { index: index.descriptor, children };
}

async function descriptorOf(img: string, name: string): Promise<Descriptor> {
  const { manifests } = (await (await openLayout(img)).index()).value;
  const found = manifests.find(({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === name);
  assert.ok(found, name);
  const { annotations: _annotations, platform: _platform, ...descriptor } = found;
  return descriptor;
}

const namesIn = async (place: string): Promise<readonly string[]> =>
  (await images([place])).map(({ repository, tag }) => `${repository}:${tag}`).sort();

async function imageID(image: string): Promise<string> {
  return ((await inspect([image], { platform }))[0] as { Id: string }).Id;
}

async function* stream(bytes: Uint8Array, size = 1000): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('what is saved is loaded and copied with the same digests, and saved again with the same bytes', async t => {
  const { place, img } = await sample(t);
  const archive = join(place, 'both.tar');
  const saved = await save([`${img}:base`, `${img}:figlet`], archive);
  assert.deepEqual(
    saved.images.map(({ name }) => name),
    ['docker.io/library/img:base', 'docker.io/library/img:figlet'],
  );
  assert.equal(statSync(archive).mode & 0o777, 0o600);
  await isValid(archive);
  const loaded = await load(archive, join(place, 'out'));
  assert.deepEqual(
    loaded.images.map(({ name }) => name),
    ['img:base', 'img:figlet'],
  );
  await isValid(join(place, 'out'));
  await copy(`${join(place, 'out')}:img:figlet`, `${join(place, 'third')}:v1`);
  await isValid(join(place, 'third'));
  const { digest } = await descriptorOf(img, 'figlet');
  assert.equal((await images([join(place, 'third')]))[0]?.digest, digest);
  await save([`${join(place, 'out')}:img:base`, `${join(place, 'out')}:img:figlet`], join(place, 'again.tar'));
  assert.ok(readFileSync(archive).equals(readFileSync(join(place, 'again.tar'))));
});

test('every verb that reads an image reads an archive, plain or compressed', async t => {
  const { place, img } = await sample(t);
  const archive = join(place, 'both.tar');
  await save([`${img}:base`, `${img}:figlet`], archive);
  writeFileSync(join(place, 'both.tgz'), gzipSync(readFileSync(archive)));
  for (const one of [archive, join(place, 'both.tgz')]) {
    assert.deepEqual(await history(`${one}:figlet`), await history(`${img}:figlet`));
    assert.equal(await imageID(`${one}:base`), await imageID(`${img}:base`));
    assert.deepEqual((await diff(`${one}:figlet`, join(place, 'rootfs'))).changes, []);
    assert.deepEqual(await inspectRaw(`${one}:figlet`, 'manifest'), await inspectRaw(`${img}:figlet`, 'manifest'));
    await isValid(one);
    await isValid(`${one}:figlet`);
  }
  const made = await commit(join(place, 'rootfs'), `${join(place, 'over')}:x`, { base: `${archive}:base`, platform });
  assert.equal(made.changes, 1);
  await isValid(join(place, 'over'));
  await assert.rejects(
    tag(`${archive}:base`, ['other']),
    refusal(/both.tar: expected an image layout .*archive/, 'unsupported'),
  );
});

test('a docker-archive holds plain layers, and keeps image IDs and names', async t => {
  const { place, img } = await sample(t);
  const archive = join(place, 'docker.tar');
  await save([`${img}:base`, `${img}:figlet`], archive, { format: 'docker' });
  const members = await openArchive(archive);
  assert.ok(members.find('manifest.json'));
  assert.equal(members.find('oci-layout'), undefined);
  for (const from of [archive, stream(readFileSync(archive)), stream(gzipSync(readFileSync(archive)))]) {
    const layout = join(temporaryDirectory(t), 'out');
    const { images: found } = await load(from, layout);
    assert.deepEqual(
      found.map(({ name }) => name),
      ['img:base', 'img:figlet'],
    );
    await isValid(layout);
    assert.equal(await imageID(`${layout}:img:figlet`), await imageID(`${img}:figlet`));
    assert.deepEqual(readdirSync(join(layout, '..')), ['out']);
    await copy(`${layout}:img:figlet`, `${layout}:gzip`, { compression: 'gzip' });
    assert.equal((await descriptorOf(layout, 'gzip')).digest, (await descriptorOf(img, 'figlet')).digest);
  }
});

test('legacy archives are converted, links and compressed layers too, and their diffIDs checked', async t => {
  const place = temporaryDirectory(t);
  const layer = readFileSync(await tarOf(join(place, 'layer.tar'), { 'etc/': '', 'etc/motd': 'hello\n' }));
  const diffID = `sha256:${createHash('sha256').update(layer).digest('hex')}`;
  const config = (diffIDs: readonly string[]): Uint8Array =>
    encodeJson({
      architecture: 'amd64',
      os: 'linux',
      docker_version: '1',
      rootfs: { type: 'layers', diff_ids: diffIDs },
    });
  const manifest = (layers: readonly string[], tags: readonly string[] | null): Uint8Array =>
    encodeJson([{ Config: 'c.json', RepoTags: tags, Layers: layers }]);
  const packed = gzipSync(layer);
  const good = await tarOf(join(place, 'good.tar'), {
    './c.json': config([diffID, diffID]),
    './a/layer.tar': layer,
    './b/layer.tar.gz': packed,
    './manifest.json': manifest(['a/layer.tar', 'b/layer.tar.gz'], null),
  });
  const { images: found } = await load(good, join(place, 'out'));
  assert.equal(found[0]?.name, null);
  assert.equal(
    found[0]?.id,
    `sha256:${createHash('sha256')
      .update(config([diffID, diffID]))
      .digest('hex')}`,
  );
  await isValid(join(place, 'out'));
  assert.equal((await images([join(place, 'out')], { all: true }))[0]?.id, found[0]?.id);
  const bad = await tarOf(join(place, 'bad.tar'), {
    'c.json': config([diffID.replace(/.$/, digit => (digit === '0' ? '1' : '0'))]),
    'b/layer.tar.gz': packed,
    'manifest.json': manifest(['b/layer.tar.gz'], ['app:v1']),
  });
  await assert.rejects(load(bad, join(place, 'none')), refusal(/bad.tar: layer sha256:.*expected diffID/, 'invalid'));
  assert.ok(!existsSync(join(place, 'none')));
  const old = await tarOf(join(place, 'old.tar'), { repositories: '{}' });
  await assert.rejects(load(old, join(place, 'none')), refusal(/before docker 1.10/, 'unsupported'));
});

test('what docker from version 25 on saves is loaded by its OCI part: nested paths, plain layers, both lists of names', async t => {
  const { place, img } = await sample(t);
  await copy(`${img}:figlet`, `${join(place, 'plain')}:figlet`, { compression: 'none' });
  const { digest, size } = await descriptorOf(join(place, 'plain'), 'figlet');
  const blobs = join(place, 'plain/blobs/sha256');
  const { config, layers } = JSON.parse(readFileSync(join(blobs, digest.slice(7)), 'utf8')) as Manifest;
  const pathOf = (blob: Descriptor): string => `blobs/sha256/${blob.digest.slice(7)}`;
  const annotations = {
    'io.containerd.image.name': 'docker.io/library/app:v1',
    'org.opencontainers.image.ref.name': 'v1',
  };
  const archive = await tarOf(join(place, 'docker25.tar'), {
    'blobs/': '',
    'blobs/sha256/': '',
    ...Object.fromEntries(readdirSync(blobs).map(name => [`blobs/sha256/${name}`, readFileSync(join(blobs, name))])),
    'index.json': encodeJson({
      schemaVersion: 2,
      mediaType: mediaTypes.index,
      manifests: [{ mediaType: mediaTypes.manifest, digest, size, annotations }],
    }),
    'manifest.json': encodeJson([{ Config: pathOf(config), RepoTags: ['app:v1'], Layers: layers.map(pathOf) }]),
    'oci-layout': '{"imageLayoutVersion": "1.0.0"}',
    repositories: '{"app":{"v1":"0"}}',
  });
  assert.deepEqual((await load(archive, join(place, 'out'))).images, [{ name: 'app:v1', digest, id: config.digest }]);
  await isValid(join(place, 'out'));
  const [asDocker] = await images([`docker-archive:${archive}`]);
  assert.deepEqual([asDocker?.repository, asDocker?.tag, asDocker?.id], ['app', 'v1', config.digest]);
});

test('a multi-platform image goes whole, one platform of it, or some, with the attestations about these', async t => {
  const { place, img } = await sample(t);
  const { index, children } = await multiPlatform(place, img);
  const archive = join(place, 'multi.tar');
  await save([`${img}:multi`], archive);
  await load(archive, join(place, 'loaded'));
  await isValid(join(place, 'loaded'));
  assert.equal((await descriptorOf(join(place, 'loaded'), 'multi')).digest, index.digest);
  assert.equal(
    (await copy(`${archive}:multi`, `${join(place, 'one')}:x`, { hostPlatform })).manifest,
    children[0]?.digest,
  );
  const arm = await copy(`${archive}:multi`, `${join(place, 'arm')}:x`, { platforms: ['linux/arm64'] });
  assert.equal(arm.manifest, children[1]?.digest);
  assert.equal((await copy(`${archive}:multi`, `${join(place, 'all')}:x`, { all: true })).manifest, index.digest);
  const both = await copy(`${archive}:multi`, `${join(place, 'both')}:x`, {
    platforms: ['linux/arm64', 'linux/amd64'],
  });
  assert.equal(both.manifest, index.digest);
  await assert.rejects(
    copy(`${archive}:multi`, `${join(place, 'no')}:x`, { platforms: ['linux/arm64', 'linux/s390x'] }),
    refusal(/linux\/s390x/, 'not-found'),
  );
  for (const layout of ['one', 'arm', 'all', 'both']) await isValid(join(place, layout));
  assert.ok(!existsSync(join(place, 'no')));
  await save([`${img}:multi`], join(place, 'single.tar'), { platform: 'linux/arm64' });
  const [row] = await images([join(place, 'single.tar')]);
  assert.deepEqual([row?.digest, row?.platform], [children[1]?.digest, 'linux/arm64']);
  const items = JSON.parse(Buffer.from(await inspectDocker(archive)).toString()) as readonly { Config: string }[];
  assert.equal(items.length, 1);
});

async function inspectDocker(path: string): Promise<Uint8Array> {
  const archive = await openArchive(path);
  const region = archive.find('manifest.json');
  assert.ok(region);
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive.open(region)) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

test('an index whose other platforms are not there is kept as it is, and what is left out is said', async t => {
  const { place, img } = await sample(t);
  const { index, children } = await multiPlatform(place, img);
  const arm = children[1]?.digest as string;
  rmSync(join(img, 'blobs', arm.replace(':', '/')));
  const left = new RegExp(`${arm} is listed and not there`);
  const archive = join(place, 'part.tar');
  assert.match((await save([`${img}:multi`], archive)).warnings.join(), left);
  const loaded = await load(archive, join(place, 'part'));
  assert.match(loaded.warnings.join(), left);
  assert.equal((await descriptorOf(join(place, 'part'), 'multi')).digest, index.digest);
  assert.match((await copy(`${archive}:multi`, `${join(place, 'copied')}:x`, { all: true })).warnings.join(), left);
  assert.equal(
    (await copy(`${archive}:multi`, `${join(place, 'one')}:x`, { hostPlatform })).manifest,
    children[0]?.digest,
  );
  await isValid(join(place, 'one'));
});

test('layers are recompressed and media types changed on the way, the image ID and diffIDs stay, and back again is the same', async t => {
  const { place, img } = await sample(t);
  const before = await descriptorOf(img, 'figlet');
  const forms = [
    { compression: 'none' },
    { compression: 'zstd' },
    { format: 'docker' },
    { format: 'docker', compression: 'none' },
    { compression: 'gzip', compressor: 'portable' },
  ] as const;
  for (const [position, options] of forms.entries()) {
    const there = `${join(place, `form${position}`)}:x`;
    const made = await copy(`${img}:figlet`, there, options);
    await isValid(join(place, `form${position}`));
    assert.equal(await imageID(there), await imageID(`${img}:figlet`));
    if (position !== 4) assert.notEqual(made.manifest, before.digest);
    const back = await copy(there, `${join(place, 'back')}:${position}`, { compression: 'gzip', format: 'oci' });
    assert.equal(back.manifest, before.digest, JSON.stringify(options));
  }
  await isValid(join(place, 'back'));
  const archived = await copy(`${img}:figlet`, `oci-archive:${join(place, 'f.tar')}:v2`, { compression: 'none' });
  assert.equal((await images([join(place, 'f.tar')]))[0]?.digest, archived.manifest);
  await isValid(join(place, 'f.tar'));
  await copy(`${img}:figlet`, `docker-archive:${join(place, 'd.tar')}:app:v2`);
  assert.deepEqual(await namesIn(join(place, 'd.tar')), ['app:v2']);
  await assert.rejects(
    copy(`${img}:figlet`, `${join(place, 'z')}:x`, { format: 'docker', compression: 'zstd' }),
    refusal(/docker has a media type for/, 'unsupported'),
  );
  assert.deepEqual(
    readdirSync(place).filter(name => name.startsWith('.')),
    [],
  );
});

test('blobs are shared inside one file system, and damaged ones are not', async t => {
  const { place, img } = await sample(t);
  await copy(`${img}:base`, `${join(place, 'out')}:x`);
  const blobs = join(place, 'out/blobs/sha256');
  for (const name of readdirSync(blobs)) {
    const [here, there] = [statSync(join(blobs, name)), statSync(join(img, 'blobs/sha256', name))];
    assert.ok(here.ino === there.ino || here.nlink === 1, name);
    assert.ok(readFileSync(join(blobs, name)).equals(readFileSync(join(img, 'blobs/sha256', name))));
  }
  const layer = JSON.parse(Buffer.from(await inspectRaw(`${img}:figlet`, 'manifest')).toString()).layers[1]
    .digest as string;
  const file = join(img, 'blobs', layer.replace(':', '/'));
  const bytes = readFileSync(file);
  bytes[20] = (bytes[20] as number) ^ 1;
  writeFileSync(file, bytes);
  await assert.rejects(copy(`${img}:figlet`, `${join(place, 'out')}:bad`), refusal(/digest/, 'invalid'));
  await assert.rejects(copy(`${img}:figlet`, `${join(place, 'new')}:bad`), refusal(/digest/, 'invalid'));
  await assert.rejects(save([`${img}:figlet`], join(place, 'bad.tar')), refusal(/digest/, 'invalid'));
  await isValid(join(place, 'out'));
  assert.deepEqual(readdirSync(place).sort(), ['img', 'out', 'rootfs']);
});

test('what refers to an image comes along when asked for', async t => {
  const { place, img } = await sample(t);
  const store = await openLayout(img);
  const { index, children } = await multiPlatform(place, img);
  const signature: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: 'application/vnd.example.signature',
    config: (JSON.parse(Buffer.from(await store.read(children[2] as Descriptor)).toString()) as Manifest).config,
    layers: [],
    subject: index,
  };
  const document = encodeDocument(signature, mediaTypes.manifest);
  await store.put(stream(document.bytes));
  await store.updateIndex(value => ({ ...value, manifests: [...value.manifests, document.descriptor] }));
  const alone = await copy(`${img}:multi`, `${join(place, 'alone')}:x`, { all: true });
  assert.equal(alone.referrers, 0);
  const signed = await copy(`${img}:multi`, `${join(place, 'signed')}:x`, { all: true, referrers: true });
  // The attestation is about an image of the index as well, but lies in the index: it is a part of the image.
  assert.equal(signed.referrers, 1);
  await isValid(join(place, 'signed'));
  const { manifests } = (await (await openLayout(join(place, 'signed'))).index()).value;
  assert.ok(manifests.some(({ digest }) => digest === document.descriptor.digest));
  await assert.rejects(
    copy(`${img}:multi`, `${join(place, 'z')}:x`, { referrers: true, compression: 'none' }),
    refusal(/^referrers: /, 'usage'),
  );
});

test('an archive that is truncated, has a false size, or names what is not there is one clear error, and nothing is left', async t => {
  const { place, img } = await sample(t);
  const archive = join(place, 'good.tar');
  await save([`${img}:figlet`], archive);
  const bytes = readFileSync(archive);
  const write = (name: string, content: Uint8Array): string => {
    writeFileSync(join(place, name), content);
    return join(place, name);
  };
  const index = Buffer.from(await inspectRaw(`${archive}:figlet`, 'index')).toString();
  const { digest, size } = await descriptorOf(img, 'figlet');
  const manifest = Buffer.from(await inspectRaw(`${img}:figlet`, 'manifest'));
  const blob = `blobs/sha256/${digest.slice(7)}`;
  const header = '{"imageLayoutVersion":"1.0.0"}';
  const cases: readonly (readonly [archive: string, pattern: RegExp])[] = [
    [write('cut.tar', bytes.subarray(0, bytes.length - 2000)), /cut.tar: tar entry at offset \d+: .*truncated/],
    [write('half.tar', bytes.subarray(0, 700)), /half.tar: .*truncated/],
    [
      write('text.tar', Buffer.from('<html>'.repeat(200))),
      /text.tar: expected an image layout, an archive or a tar, got none/,
    ],
    [write('cut.tgz', gzipSync(bytes).subarray(0, 300)), /cut.tgz: expected a gzip stream/],
    [
      await tarOf(join(place, 'absent.tar'), { 'oci-layout': header, 'index.json': index }),
      /absent.tar: blob sha256:.* expected a blob/,
    ],
    [
      await tarOf(join(place, 'size.tar'), {
        'oci-layout': header,
        'index.json': index.replace(`"size":${size}`, `"size":${size + 1}`),
        [blob]: manifest,
      }),
      /size.tar: blob sha256.*expected a size of/,
    ],
    [
      await tarOf(join(place, 'layers.tar'), { 'oci-layout': header, 'index.json': index, [blob]: manifest }),
      /layers.tar: blob sha256:.*expected a blob, got nothing/,
    ],
    [
      await tarOf(join(place, 'empty.tar'), {
        'oci-layout': header,
        'index.json': '{"schemaVersion":2,"manifests":[]}',
      }),
      /empty.tar: expected an image, got an empty index/,
    ],
    [await tarOf(join(place, 'none.tar'), { 'etc/': '' }), /none.tar: expected an image archive/],
    [`${archive}:figlet`, /expected an archive, got one image of it/],
    [join(place, 'missing.tar'), /missing.tar: expected an image archive, got nothing/],
  ];
  for (const [path, pattern] of cases) {
    await assert.rejects(load(path, join(place, 'none')), refusal(pattern), path);
    if (path.endsWith('.tar') && existsSync(path))
      await assert.rejects(load(stream(readFileSync(path)), join(place, 'none')), refusal(/^stdin: /), path);
  }
  const twice = Buffer.concat([
    readFileSync(await tarOf(join(place, 'a.tar'), { 'index.json': index })).subarray(0, -1024),
    readFileSync(await tarOf(join(place, 'b.tar'), { 'oci-layout': header, 'index.json': index })),
  ]);
  await assert.rejects(
    load(write('twice.tar', twice), join(place, 'none')),
    refusal(/twice.tar: index.json: .*several of that name/),
  );
  await assert.rejects(load(stream(new Uint8Array(0)), join(place, 'none')), refusal(/stdin: .*an empty file/));
  assert.ok(!existsSync(join(place, 'none')));
  await init(join(place, 'there'));
  const before = readFileSync(join(place, 'there/index.json'));
  await assert.rejects(load(join(place, 'cut.tar'), join(place, 'there')), refusal(/truncated/));
  assert.deepEqual(readFileSync(join(place, 'there/index.json')), before);
  assert.deepEqual(readdirSync(join(place, 'there')).sort(), ['blobs', 'index.json', 'oci-layout']);
  assert.deepEqual(
    readdirSync(place).filter(name => name.startsWith('.')),
    [],
  );
});

test('a small archive that stands for very much is refused before it is held', async t => {
  const place = temporaryDirectory(t);
  const header = '{"imageLayoutVersion":"1.0.0"}';
  const huge = await tarOf(join(place, 'huge.tar'), {
    'oci-layout': header,
    'index.json': Buffer.alloc(33 << 20, 0x20),
  });
  writeFileSync(join(place, 'bomb.tgz'), gzipSync(readFileSync(huge)));
  for (const archive of [huge, join(place, 'bomb.tgz')])
    await assert.rejects(
      load(archive, join(place, 'none')),
      refusal(/index.json: expected a size of at most/, 'invalid'),
    );
  assert.ok(!existsSync(join(place, 'none')));
});

const changesOfArchives: Readonly<Record<string, (path: string) => void>> = {
  'grows, its time as it was,': path => {
    const { atime, mtime } = statSync(path);
    appendFileSync(path, 'more');
    utimesSync(path, atime, mtime);
  },
  'gets other bytes': path => {
    writeFileSync(path, readFileSync(path));
    utimesSync(path, 1000, 1000);
  },
};

for (const [change, make] of Object.entries(changesOfArchives)) {
  test(`an archive that ${change} while it is read is a conflict`, async t => {
    const { place, img } = await sample(t);
    const path = join(place, 'good.tar');
    await save([`${img}:figlet`], path);
    utimesSync(path, 2000, 2000);
    const archive = await openArchive(path);
    const region = archive.find('index.json');
    assert.ok(region);
    make(path);
    await assert.rejects(
      (async () => {
        for await (const chunk of archive.open(region)) void chunk;
      })(),
      refusal(/changed while it was read/, 'conflict'),
    );
  });
}

test('nothing is overwritten by a copy, dry runs write nothing, and two images cannot have one name in an archive', async t => {
  const { place, img } = await sample(t);
  const archive = join(place, 'x.tar');
  assert.deepEqual((await save([img.concat(':base')], archive, { dryRun: true })).images.length, 1);
  await copy(`${img}:base`, `oci-archive:${archive}:v1`, { dryRun: true });
  await copy(`${img}:base`, `${join(place, 'dry')}:v1`, { dryRun: true });
  assert.deepEqual(readdirSync(place).sort(), ['img', 'rootfs']);
  await save([`${img}:base`], archive);
  await load(archive, join(place, 'dry'), { dryRun: true });
  assert.ok(!existsSync(join(place, 'dry')));
  const before = readFileSync(archive);
  await assert.rejects(copy(`${img}:base`, `oci-archive:${archive}:v1`), refusal(/there already/, 'conflict'));
  await assert.rejects(copy(`${img}:base`, `${archive}:v1`), refusal(/there already/, 'conflict'));
  assert.ok(before.equals(readFileSync(archive)));
  await copy(`${img}:figlet`, `${join(place, 'sub/img')}:base`);
  await assert.rejects(
    save([`${img}:base`, `${join(place, 'sub/img')}:base`], join(place, 'no.tar')),
    refusal(/expected one image of that name/, 'usage'),
  );
  await assert.rejects(save([], archive), refusal(/IMAGE/, 'usage'));
});

test('an image without a name is saved without one, and its config keeps what ocikit does not know', async t => {
  const { place, img } = await sample(t);
  const { digest } = await descriptorOf(img, 'base');
  const archive = join(place, 'x.tar');
  const { images: saved } = await save([`${img}@${digest}`], archive);
  assert.deepEqual(saved, [{ name: null, digest }]);
  const { images: loaded } = await load(archive, join(place, 'out'));
  assert.equal(loaded[0]?.name, null);
  assert.equal(loaded[0]?.id, await imageID(`${img}:base`));
  const config = JSON.parse(Buffer.from(await inspectRaw(join(place, 'out'), 'config')).toString()) as ImageConfig;
  assert.deepEqual(config.config?.Cmd, ['sh']);
});
