import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { compress } from '../codec/compression.ts';
import { zstdChunked } from '../codec/zstd-chunked.ts';
import { validate } from '../ops/validate.ts';
import { digestOf } from '../spec/digest.ts';
import { fixture, fixtureCases } from '../testing/fixtures.ts';
import { makeLayout, putBytes, putJson, putName } from '../testing/layout-files.ts';
import { type RawMember, rawTar } from '../testing/raw-tar.ts';
import { temporaryDirectory } from '../testing/temporary.ts';

const subject = 'layer';

async function gathered(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of bytes) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

interface Lazy {
  readonly tar: Uint8Array;
  readonly blob: Uint8Array;
  readonly kind: 'gzip' | 'zstd';
  readonly annotations: Readonly<Record<string, string>>;
}

/** What `validate` says of the tables of an image of one such layer. */
async function saidOf(t: TestContext, { tar, blob, kind, annotations }: Lazy): Promise<readonly string[]> {
  const layout = makeLayout(join(temporaryDirectory(t), 'img'));
  const oci = 'application/vnd.oci.image';
  const config = putJson(layout, `${oci}.config.v1+json`, {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
  });
  const layer = { ...putBytes(layout, `${oci}.layer.v1.tar+${kind}`, blob), annotations };
  const mediaType = `${oci}.manifest.v1+json`;
  putName(layout, 'app', putJson(layout, mediaType, { schemaVersion: 2, mediaType, config, layers: [layer] }));
  const all = (await validate(layout)).findings;
  const findings = all.filter(({ code }) => code === 'table-mismatch');
  assert.deepEqual(
    all.filter(one => !findings.includes(one) && one.code !== 'tar-whiteout-odd'),
    [],
  );
  return findings.map(({ message }) => message.replace(/^.*layer sha256:[0-9a-f]{64}: /, ''));
}

const members: readonly RawMember[] = [
  ['d/'],
  ['d/a', 'text'],
  ['l', '-> d/a'],
  ['h', '=> d/a'],
  ['.wh.gone'],
  ['empty', ''],
  ['zeros', '\0'.repeat(1 << 17)],
];

/** A blob of the tar of `real` behind which stands the table of `said`. */
async function chunkedOf(real: readonly RawMember[], said: readonly RawMember[]): Promise<Lazy> {
  const tar = rawTar(real);
  const made = zstdChunked(once(rawTar(said)), { level: 3, subject });
  const whole = await gathered(made.bytes);
  const key = 'io.github.containers.zstd-chunked.manifest-position';
  const [offset = 0, ...others] = (made.annotations()[key] ?? '').split(':').map(Number);
  const frames = await gathered(compress(once(tar), { compression: 'zstd' }));
  const annotations = { ...made.annotations(), [key]: [frames.length + 8, ...others].join(':') };
  return { tar, blob: Buffer.concat([frames, whole.subarray(offset - 8)]), kind: 'zstd', annotations };
}

test('a table of zstd:chunked is held to the tar: names, types, sizes, modes, links and contents', async t => {
  const with_ = (...others: readonly RawMember[]): readonly RawMember[] => [...members, ...others];
  for (const odd of [members, with_(['.wh.x', '-> a']), with_(['.wh.x/']), with_(['d/.wh..wh..opq', '=> a'])])
    assert.deepEqual(await saidOf(t, await chunkedOf(odd, odd)), []);
  const cases: readonly (readonly [readonly RawMember[], readonly RawMember[], RegExp])[] = [
    [with_(['x', 'real']), with_(['x', 'fake']), /^'x': the table of contents says another digest than the tar$/],
    [with_(['x', 'longer']), with_(['x', 'short']), /'x': the table of contents says another size/],
    [with_(['4755|x', 'a']), with_(['755|x', 'a']), /'x': the table of contents says another mode/],
    [with_(['x', '-> a']), with_(['x', '-> b']), /'x': the table of contents says another linkName/],
    [with_(['x', '=> h']), with_(['x', '=> empty']), /'x': the table of contents says another linkName/],
    [with_(['x', 'a']), with_(['x/']), /'x': the table of contents says another type/],
    [with_(['.wh.x', '-> a']), with_(['.wh.x', '']), /'\.wh\.x': the table of contents says another type/],
    [with_(['x', 'a']), with_(['y', 'a']), /^'y' is in the table of contents and not in the tar, and 1 more$/],
    [with_(['.wh.x']), members, /^'\.wh\.x' is not in the table of contents$/],
  ];
  for (const [real, said, pattern] of cases) {
    const [message = '', ...others] = await saidOf(t, await chunkedOf(real, said));
    assert.match(message, pattern);
    assert.deepEqual(others, []);
  }
});

test('a table that is not what the annotations say, or is none, is a finding', async t => {
  const good = await chunkedOf(members, members);
  const key = (name: string): string => `io.github.containers.zstd-chunked.${name}`;
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['manifest-checksum', digestOf(Buffer.from('x')), /expected a table of contents sha256:2d71/],
    ['manifest-position', 'nowhere', /where the table of contents is, got nowhere/],
    ['manifest-position', '99999999:10:10:1', /expected bytes from 99999999/],
    ['manifest-position', '0:999999999999:10:1', /at most 134217728 bytes/],
    ['manifest-position', '0:12:10:1', /expected a table of contents/],
  ];
  for (const [name, value, pattern] of cases) {
    const annotations = { ...good.annotations, [key(name)]: value };
    assert.match((await saidOf(t, { ...good, annotations })).join('\n'), pattern, value);
  }
});

test('the table of an eStargz layer is a file of its tar, held to the others and to its annotation', async t => {
  const lazy = (toc: string, said = toc): Lazy => {
    const tar = rawTar([
      ['.no.prefetch.landmark', '\x0f'],
      ['a', 'text'],
      ['0|stargz.index.json', toc],
    ]);
    const annotations = { 'containerd.io/snapshot/stargz/toc.digest': digestOf(Buffer.from(said)) };
    return { tar, blob: gzipSync(tar), kind: 'gzip', annotations };
  };
  const row = { name: 'a', type: 'reg', size: 4, mode: 0o644, digest: digestOf(Buffer.from('text')) };
  const table = (...entries: readonly object[]): string => JSON.stringify({ version: 1, entries });
  assert.deepEqual(await saidOf(t, lazy(table(row, { name: 'a', type: 'chunk', chunkSize: 1 }))), []);
  assert.match((await saidOf(t, lazy(table({ ...row, uid: 7 })))).join(), /'a': .* another uid/);
  assert.match((await saidOf(t, lazy(table(row, row)))).join(), /has 'a' twice/);
  assert.match((await saidOf(t, lazy(table(row), 'other'))).join(), /expected a table of contents sha256:/);
  assert.match((await saidOf(t, lazy('{}'))).join(), /the table of contents has no entries/);
  assert.equal((await saidOf(t, lazy('no JSON'))).length, 1);
  assert.match((await saidOf(t, lazy(table(row, { name: 'a/../../b\0' })))).join(), /NUL/);
});

test('the tables that published tools wrote agree with their tars', async t => {
  for (const { name, layout } of fixtureCases<{ name: string; layout: string }>(t, 'change/lazy/vectors.json') ?? []) {
    const { findings } = await validate(fixture(t, `change/${layout}`) ?? '');
    assert.deepEqual(
      findings.filter(({ code }) => code === 'table-mismatch'),
      [],
      name,
    );
  }
});
