import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { compress } from '../codec/compression.ts';
import { encodeHeader, type HeaderFields } from '../codec/tar-writer.ts';
import { OciError } from '../errors.ts';
import type { ImageConfig } from '../spec/objects.ts';
import { machinePlatform } from '../spec/platform.ts';
import { isValid, isWhole, refusal } from '../testing/answers.ts';
import { bzip2Samples } from '../testing/bzip2-samples.ts';
import { collected } from '../testing/drained.ts';
import { fixture } from '../testing/fixtures.ts';
import type { HostileCase } from '../testing/hostile.ts';
import { fillDirectory, randomOf } from '../testing/random-directory.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { commit } from './commit.ts';
import { diff } from './diff.ts';
import { history } from './history.ts';
import { importRootfs } from './import-rootfs.ts';
import { init } from './init.ts';
import { inspectRaw } from './inspect.ts';
import type { ImportOptions } from './options.ts';
import type { ImportResult } from './results.ts';
import { unpack } from './unpack.ts';

const platform = 'linux/amd64';
const created = '2023-11-14T22:13:20Z';

/** The tar of one file `etc/motd`, by xz. */
const motdInXz =
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4Af/AEldADKdCIYUltE4104j1IUOQsX+bK9jXj4cmY4eiHkwH0JPCQ65btfksrRlHFFDyoU/CmF1QQ0BuejOg8sH4LSzAdBDsFfjRv/VigAAAAAA3+pGT52PfUYAAWWAEAAAADmtk3qxxGf7AgAAAAAEWVo=';

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A tar of files of every kind, and the directory that it was made of. */
async function sample(t: TestContext): Promise<{ readonly place: string; readonly tar: Buffer }> {
  const place = temporaryDirectory(t);
  mkdirSync(join(place, 'rootfs'));
  for (let round = 0; round < 3; round++) fillDirectory(join(place, 'rootfs'), randomOf(7 + round));
  const { layer } = await commit(join(place, 'rootfs'), join(place, 'made'), { platform, compression: 'none' });
  return { place, tar: blobOf(join(place, 'made'), layer?.digest ?? '') };
}

const blobOf = (layout: string, digest: string): Buffer =>
  readFileSync(join(layout, 'blobs', digest.replace(':', '/')));

async function* piecesOf(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  const buffer = new Uint8Array(size);
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size);
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
  }
}

const packed = (bytes: Uint8Array, compression: 'gzip' | 'zstd'): Promise<Buffer> =>
  collected(compress(piecesOf(bytes, 1000), { compression }));

const header = (path: string, fields: Partial<HeaderFields>): Uint8Array => {
  const plain = {
    typeflag: '0',
    link: '',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: 0,
    major: 0,
    minor: 0,
  } as const;
  return encodeHeader({ ...plain, xattrs: new Map(), path, ...fields });
};

const member = (path: string, body = 'x'): Buffer =>
  Buffer.concat([header(path, { size: body.length }), Buffer.from(body.padEnd(512, '\0'))]);

const tarOf = (...members: readonly Uint8Array[]): Buffer => Buffer.concat([...members, Buffer.alloc(1024)]);

async function imported(t: TestContext, bytes: Uint8Array, options: ImportOptions = {}): Promise<ImportResult> {
  const layout = join(temporaryDirectory(t), 'img');
  const result = await importRootfs(piecesOf(bytes, 700), layout, { platform, ...options });
  await isWhole(layout);
  return result;
}

test('an import has one line of history, no command, and the config of the changes alone', async t => {
  const { place, tar } = await sample(t);
  writeFileSync(join(place, 'rootfs.tar'), tar);
  const image = join(place, 'img:v1');
  const instructions = ['CMD ["sh"]', 'ENV A=1', 'WORKDIR srv'];
  const annotations = ['org.example.a=b'];
  const options = { platform: 'linux/arm/v6', created, instructions, annotations };
  const made = await importRootfs(join(place, 'rootfs.tar'), image, options);
  await isValid(join(place, 'img'));
  const config = JSON.parse(Buffer.from(await inspectRaw(image, 'config')).toString()) as Record<string, unknown>;
  assert.deepEqual(config, {
    created,
    architecture: 'arm',
    os: 'linux',
    variant: 'v6',
    config: { Env: ['A=1'], Cmd: ['sh'], WorkingDir: '/srv' },
    rootfs: { type: 'layers', diff_ids: [sha256(tar)] },
    history: [{ created, comment: 'Imported from -' }],
  });
  assert.equal(made.diffID, sha256(tar));
  assert.deepEqual([made.name, made.warnings], ['v1', []]);
  const manifest = JSON.parse(Buffer.from(await inspectRaw(image, 'manifest')).toString()) as Record<string, unknown>;
  assert.deepEqual(manifest['annotations'], { 'org.example.a': 'b' });
  assert.deepEqual(manifest['layers'], [made.layer]);
  assert.deepEqual((await diff(image, join(place, 'rootfs'))).changes, []);
});

test('a message replaces the comment that docker writes, and the platform is the host’s', async t => {
  const place = temporaryDirectory(t);
  const image = join(place, 'img');
  const hostPlatform = { os: 'linux', architecture: 'arm64' };
  await importRootfs(piecesOf(tarOf(member('a')), 512), image, { hostPlatform, message: 'mine' });
  const rows = await history(image);
  assert.deepEqual(
    rows.map(row => [row.comment, row.createdBy, row.created]),
    [['mine', '', null]],
  );
  assert.match(Buffer.from(await inspectRaw(image, 'config')).toString(), /"architecture":"arm64"/);
  await importRootfs(piecesOf(tarOf(), 512), image);
  const { architecture } = JSON.parse(Buffer.from(await inspectRaw(image, 'config')).toString()) as ImageConfig;
  assert.equal(architecture, machinePlatform.architecture, 'this machine, where nobody says which');
  await assert.rejects(
    importRootfs(piecesOf(tarOf(), 512), image, { platform, instructions: ['FROM x'] }),
    refusal(/FROM|from/, 'usage'),
  );
});

test('a plain tar is compressed and its bytes are kept, however they come', async t => {
  const { tar } = await sample(t);
  const made = await imported(t, tar);
  assert.equal(made.layer.mediaType, 'application/vnd.oci.image.layer.v1.tar+gzip');
  assert.equal(made.diffID, sha256(tar));
  const layout = join(temporaryDirectory(t), 'img');
  for (const size of [1, 511, 4096, tar.length]) {
    const again = await importRootfs(piecesOf(tar, size), layout, { platform });
    assert.equal(again.manifest, made.manifest, `pieces of ${size}`);
  }
  assert.deepEqual(gunzipSync(blobOf(layout, made.layer.digest)), tar);
  const plain = await imported(t, tar, { compression: 'none' });
  assert.deepEqual([plain.layer.digest, plain.layer.size], [plain.diffID, tar.length]);
  const portable = await imported(t, tar, { compressor: 'portable', level: 1 });
  assert.equal(portable.diffID, made.diffID);
  assert.notEqual(portable.layer.digest, made.layer.digest);
});

test('gzip and zstd are kept byte for byte, unless another compression or level is asked for', async t => {
  const { tar } = await sample(t);
  for (const compression of ['gzip', 'zstd'] as const) {
    const bytes = compression === 'gzip' ? gzipSync(tar, { level: 9 }) : await packed(tar, 'zstd');
    for (const options of [{}, { compression }]) {
      const kept = await imported(t, bytes, options);
      assert.equal(kept.layer.mediaType, `application/vnd.oci.image.layer.v1.tar+${compression}`);
      assert.deepEqual([kept.layer.digest, kept.layer.size, kept.diffID], [sha256(bytes), bytes.length, sha256(tar)]);
    }
    const other = compression === 'gzip' ? 'zstd' : 'gzip';
    const changed = await imported(t, bytes, { compression: other });
    assert.equal(changed.layer.digest, sha256(await packed(tar, other)));
    const none = await imported(t, bytes, { compression: 'none' });
    assert.equal(none.layer.digest, sha256(tar));
    const again = await imported(t, bytes, { level: 1 });
    assert.ok(again.layer.mediaType.endsWith(compression) && again.layer.digest !== sha256(bytes));
  }
});

test('an xz or bzip2 tar is compressed anew, its bytes kept', async t => {
  for (const bytes of [Buffer.from(motdInXz, 'base64'), bzip2Samples.motd]) {
    const made = await imported(t, bytes);
    assert.equal(made.layer.mediaType, 'application/vnd.oci.image.layer.v1.tar+gzip');
    assert.equal(made.diffID, sha256(tarOf(member('etc/motd', 'hello'))));
    assert.equal((await imported(t, bytes, { compression: 'none' })).layer.digest, made.diffID);
  }
});

test('gzip of several members and zstd after a skippable frame are kept as they are', async t => {
  const tar = tarOf(member('a'), member('b'));
  const gzip = Buffer.concat([gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))]);
  const zstd = Buffer.concat([Buffer.from('502a4d1803000000616263', 'hex'), await packed(tar, 'zstd')]);
  for (const bytes of [gzip, zstd]) {
    const kept = await imported(t, bytes);
    assert.deepEqual([kept.layer.digest, kept.diffID], [sha256(bytes), sha256(tar)]);
  }
});

test('nothing at all is the tar of an empty root filesystem, as docker takes it', async t => {
  const made = await imported(t, Buffer.alloc(0));
  assert.equal(made.diffID, sha256(Buffer.alloc(0)));
  const place = temporaryDirectory(t);
  const fromDevice = await importRootfs('/dev/null', join(place, 'img'), { platform });
  assert.equal(fromDevice.manifest, made.manifest);
  await unpack(join(place, 'img'), join(place, 'out'), {});
  assert.deepEqual(readdirSync(join(place, 'out')), []);
});

test('what is not a tar, or is damaged, is one clear error and leaves nothing behind', async t => {
  const place = temporaryDirectory(t);
  const tar = tarOf(member('etc/motd', 'hello'), member('b', 'y'.repeat(400)));
  const gzip = gzipSync(tar);
  const zstd = await packed(tar, 'zstd');
  const flipped = Buffer.from(gzip);
  flipped[gzip.length - 6] = (flipped[gzip.length - 6] as number) ^ 1;
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['a page', Buffer.from('<!DOCTYPE html><html>404</html>'.padEnd(2000)), /a page: tar entry at offset 0: expected/],
    ['short', Buffer.from('not found\n'), /short: .*(truncated|tar)/],
    ['cut in a header', tar.subarray(0, 300), /truncated/],
    ['cut in a body', tar.subarray(0, 515), /'etc\/motd' at offset 0.*truncated/],
    ['header overwritten', Buffer.concat([tar.subarray(0, 1024), Buffer.alloc(512, 'x')]), /offset 1024/],
    ['cut gzip', gzip.subarray(0, gzip.length - 20), /cut gzip: expected a gzip stream/],
    ['damaged gzip', flipped, /damaged gzip: expected a gzip stream, got .*(check|damaged)/],
    [
      'gzip and more',
      Buffer.concat([gzip, Buffer.from('more')]),
      /expected a gzip stream, got (something after|damaged)/,
    ],
    ['gzip of a page', gzipSync('<html>'.repeat(200)), /gzip of a page: tar entry at offset 0/],
    ['cut zstd', zstd.subarray(0, zstd.length - 5), /cut zstd: expected/],
    ['a link to nothing', tarOf(header('a', { typeflag: '1', link: 'nothing' })), /hardlink 'a'/],
    ['cut xz', Buffer.from(motdInXz, 'base64').subarray(0, 100), /cut xz: expected an xz stream/],
    ['damaged bzip2', Buffer.from('BZh91AY&SY'.padEnd(100)), /damaged bzip2: expected a bzip2 stream/],
    ['cut bzip2', bzip2Samples.motd.subarray(0, 100), /cut bzip2: expected a bzip2 stream, got an end in the middle/],
  ];
  await init(join(place, 'old'));
  const before = readdirSync(join(place, 'old'), { recursive: true });
  for (const [name, bytes, pattern] of cases) {
    writeFileSync(join(place, name), bytes);
    for (const layout of ['new', 'old', 'deep/er/new'])
      for (const compression of [undefined, 'none'] as const) {
        const options: ImportOptions = compression === undefined ? { platform } : { platform, compression };
        await assert.rejects(
          importRootfs(join(place, name), join(place, layout), options),
          refusal(pattern),
          `${name} ${layout}`,
        );
      }
    assert.deepEqual(readdirSync(join(place, 'old'), { recursive: true }), before, name);
    assert.deepEqual(
      readdirSync(place).filter(entry => /^(new|deep|\.)/.test(entry)),
      [],
      name,
    );
  }
});

test('a directory is a usage error, a missing file is not found, a file that grows is a conflict', async t => {
  const place = temporaryDirectory(t);
  const image = join(place, 'img');
  await assert.rejects(importRootfs(place, image, { platform }), refusal(/got a directory/, 'usage'));
  await assert.rejects(importRootfs(join(place, 'no'), image, { platform }), refusal(/nothing/, 'not-found'));
  const file = join(place, 'rootfs.tar');
  writeFileSync(file, tarOf(member('a'), Buffer.alloc(3 << 20)));
  const progress = {
    get bytes() {
      return 0;
    },
    set bytes(count: number) {
      if (count > 0) appendFileSync(file, '\0');
    },
  };
  await assert.rejects(importRootfs(file, image, { platform, progress }), refusal(/changed while/, 'conflict'));
  assert.equal(existsSync(image), false);
});

test('names that lead out and names that delete are refused, a path that stands twice is a warning', async t => {
  for (const name of ['../x', '/../x', 'a/../../x'])
    await assert.rejects(imported(t, tarOf(member(name))), refusal(/names inside the root/, 'invalid'), name);
  for (const name of ['.wh.x', 'a/.wh..wh..opq'])
    await assert.rejects(imported(t, tarOf(member(name))), refusal(/\.wh\./, 'invalid'), name);
  const { warnings } = await imported(t, tarOf(member('a'), member('./a', 'y'), member('/b'), member('c/../b')));
  assert.deepEqual(warnings, ["input: 'a' and 1 more stands there twice: docker refuses such a layer"]);
});

test('a dry run names the digests that the import would have', async t => {
  const { place, tar } = await sample(t);
  const image = join(place, 'img');
  const dry = await importRootfs(piecesOf(tar, 999), image, { platform, dryRun: true });
  assert.equal(existsSync(image), false);
  assert.deepEqual(await importRootfs(piecesOf(tar, 999), image, { platform }), dry);
});

/** Verdicts of ours that differ from the table's, each with its reason. */
const deviations: Readonly<Record<string, string>> = {
  'i-zero': 'docker takes no bytes at all for an empty root filesystem, and so does import',
};

test('hostile tars get the right verdict, and what is accepted is a valid image', async t => {
  const table = fixture(t, 'hostile/manifest.json');
  if (table === undefined) return;
  const { cases } = JSON.parse(readFileSync(table, 'utf8')) as { cases: readonly HostileCase[] };
  const wanted = cases.filter(item => item.classes.includes('import') && /^(rootfs-tar|layout)$/.test(item.kind));
  assert.ok(wanted.length > 30);
  for (const item of wanted) {
    const file = join(table, '..', item.path);
    const [bytes, known] = item.kind === 'layout' ? layerOf(file) : [readFileSync(file), undefined];
    const answer = await imported(t, bytes, { compression: 'gzip' }).then(
      result => ({ result, text: '' }),
      (error: unknown) => {
        assert.ok(error instanceof OciError, `${item.name}: ${(error as Error).stack}`);
        return { result: undefined, text: error.message.toLowerCase() };
      },
    );
    if (deviations[item.name] !== undefined) continue;
    if (item.expected === 'accept') assert.ok(answer.result, `${item.name}: ${answer.text}`);
    if (item.expected === 'reject') {
      assert.equal(answer.result, undefined, item.name);
      const names = item.names ?? [];
      assert.ok(names.length === 0 || names.some(name => answer.text.includes(name.toLowerCase())), answer.text);
    }
    if (known !== undefined && answer.result !== undefined) assert.equal(answer.result.diffID, known, item.name);
    const diffID = item.checks?.find(([check]) => check === 'diff-id')?.[1];
    if (diffID !== undefined) assert.equal(answer.result?.diffID, diffID, item.name);
  }
});

/** The only layer of a fixture's layout, and its diffID. */
function layerOf(layout: string): [Buffer, string | undefined] {
  const read = (digest: string): unknown => JSON.parse(blobOf(layout, digest).toString());
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: { digest: string }[] };
  const manifest = read(index.manifests[0]?.digest ?? '') as {
    layers: { digest: string }[];
    config: { digest: string };
  };
  const config = read(manifest.config.digest) as { rootfs: { diff_ids: string[] } };
  return [blobOf(layout, manifest.layers.at(-1)?.digest ?? ''), config.rootfs.diff_ids.at(-1)];
}

/** One published layout calls its manifests descriptors, and no reader takes them for images. */
const isMislabelled = (layout: string): boolean =>
  readFileSync(join(layout, 'index.json'), 'utf8').includes('application/vnd.oci.descriptor.v1+json');

test('the layer of a real image of one layer, imported, is the same root filesystem and the same layer', async t => {
  const table = fixture(t, 'expected-rootfs');
  if (table === undefined) return;
  let count = 0;
  for (const file of readdirSync(table)) {
    const expected = JSON.parse(readFileSync(join(table, file), 'utf8')) as {
      input: string;
      kind: string;
      manifest: string;
      layers: number;
      diff_ids: string[];
    };
    if (expected.kind !== 'oci' || expected.layers !== 1) continue;
    const layout = join(table, '..', expected.input);
    if (!existsSync(join(layout, 'oci-layout')) || isMislabelled(layout)) continue;
    const manifest = JSON.parse(blobOf(layout, expected.manifest).toString()) as {
      layers: { digest: string; size: number }[];
    };
    const image = join(temporaryDirectory(t), 'img');
    const digest = manifest.layers[0]?.digest ?? '';
    const made = await importRootfs(join(layout, 'blobs', digest.replace(':', '/')), image, { platform });
    await isValid(image);
    assert.equal(made.diffID, expected.diff_ids[0], file);
    const { changes } = await diff(`${layout}@${expected.manifest}`, image);
    assert.deepEqual(changes, [], file);
    count++;
  }
  assert.ok(count > 5, `${count} images`);
});
