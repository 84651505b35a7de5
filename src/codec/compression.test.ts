import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Bytes } from '../engine/engine.ts';
import { OciError } from '../errors.ts';
import { bzip2Samples } from '../testing/bzip2-samples.ts';
import { collected } from '../testing/drained.ts';
import { fixtureCases } from '../testing/fixtures.ts';
import {
  type Compression,
  compress,
  compressionOf,
  decompress,
  detectCompression,
  layerMediaType,
  recompressedType,
} from './compression.ts';

async function* once(bytes: Uint8Array): Bytes {
  yield bytes;
}

const text: Uint8Array = Buffer.from('a layer, or what stands for one. '.repeat(5000));
const compressions: readonly Compression[] = ['none', 'gzip', 'zstd'];

const layers: readonly (readonly [string, Compression])[] = [
  ['application/vnd.oci.image.layer.v1.tar', 'none'],
  ['application/vnd.oci.image.layer.v1.tar+gzip', 'gzip'],
  ['application/vnd.oci.image.layer.v1.tar+zstd', 'zstd'],
  ['application/vnd.oci.image.layer.nondistributable.v1.tar', 'none'],
  ['application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', 'gzip'],
  ['application/vnd.oci.image.layer.nondistributable.v1.tar+zstd', 'zstd'],
  ['application/vnd.docker.image.rootfs.diff.tar', 'none'],
  ['application/vnd.docker.image.rootfs.diff.tar.gzip', 'gzip'],
  ['application/vnd.docker.image.rootfs.diff.tar.zstd', 'zstd'],
  ['application/vnd.docker.image.rootfs.foreign.diff.tar', 'none'],
  ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'gzip'],
  ['application/vnd.docker.image.rootfs.foreign.diff.tar.zstd', 'zstd'],
];

test('every layer media type of the spec and of docker names its compression', () => {
  for (const [mediaType, compression] of layers) assert.equal(compressionOf(mediaType), compression, mediaType);
});

test('a media type that is no layer of ours is unsupported and named', () => {
  const others = [
    '',
    'application/vnd.oci.image.layer.v1.tar+unknown',
    'application/vnd.oci.image.layer.v1.tar+gzip+encrypted',
    'application/vnd.oci.image.layer.v1.tar+toString',
    'application/vnd.oci.image.layer.v1.tarball',
    'application/vnd.oci.image.layer.v1.tar+gzip; charset=utf-8',
    'application/vnd.oci.image.manifest.v1+json',
    'x-application/vnd.oci.image.layer.v1.tar',
  ];
  for (const mediaType of others) {
    assert.throws(
      () => compressionOf(mediaType),
      (error: unknown) => {
        assert.ok(error instanceof OciError && error.code === 'unsupported');
        assert.ok(error.message.endsWith(`media type '${mediaType}'`), error.message);
        return true;
      },
    );
  }
});

test('the media type that a layer gets names the compression it has', () => {
  for (const compression of compressions) {
    assert.equal(compressionOf(layerMediaType(compression)), compression);
    assert.equal(compressionOf(layerMediaType(compression, { docker: true })), compression);
  }
  assert.equal(layerMediaType('gzip', { docker: true }), 'application/vnd.docker.image.rootfs.diff.tar.gzip');
  assert.equal(layerMediaType('zstd', { docker: true }), 'application/vnd.oci.image.layer.v1.tar+zstd');
});

interface MediaTypeCase {
  readonly test: string;
  readonly table: string;
  readonly case: Readonly<Record<string, unknown>>;
}

const umociNames: Readonly<Record<string, Compression>> = {
  '$blobcompress.Noop': 'none',
  '$blobcompress.Gzip': 'gzip',
  '$blobcompress.Zstd': 'zstd',
};

const updates: Readonly<Record<string, Compression>> = {
  decompressSuccess: 'none',
  compressGzipSuccess: 'gzip',
  compressZstdSuccess: 'zstd',
};

/** A media type that a row is about and the compression it wants, or `refused`. */
function expectationOf({ test: name, table, case: row }: MediaTypeCase): [string, Compression | 'refused'] | undefined {
  // One of these rows is an expression of Go's; its name is the media type's end as well.
  if (name.endsWith('TestLayerCompressionCheck'))
    return [`application/vnd.oci.image.${row['name']}`, umociNames[`${row['expectedAlgorithm']}`] ?? 'refused'];
  if (Object.hasOwn(updates, table)) return [`${row['updatedType']}`, updates[table] as Compression];
  if (!/Supported(OCI1|Schema2)MediaType$/.test(name) || !/layer|rootfs/.test(`${row['m']}`)) return undefined;
  return [`${row['m']}`, row['mustFail'] === true ? 'refused' : `${row['m']}`.endsWith('gzip') ? 'gzip' : 'none'];
}

test("other projects' tables of layer media types hold", t => {
  const cases = fixtureCases<MediaTypeCase>(t, 'cases/media-types.json');
  if (cases === undefined) return;
  const expectations = cases.map(expectationOf).filter(found => found !== undefined);
  for (const [mediaType, wanted] of expectations) {
    if (wanted === 'refused') assert.throws(() => compressionOf(mediaType), { code: 'unsupported' }, mediaType);
    else assert.equal(compressionOf(mediaType), wanted, mediaType);
  }
  assert.equal(expectations.length, 28);
});

/** What a row says of a type once it is stored otherwise; undefined where docker's words are meant for zstd, or no layer at all. */
function updateOf({
  test: name,
  table,
  case: row,
}: MediaTypeCase): [string, Compression, string | undefined] | undefined {
  const wanted = /^(decompress|compressGzip|compressZstd)(Success|Failure)$/.exec(table);
  if (!name.endsWith('TestUpdatedMIMEType') || wanted === null) return undefined;
  const compression = ({ decompress: 'none', compressGzip: 'gzip', compressZstd: 'zstd' } as const)[
    wanted[1] as 'decompress' | 'compressGzip' | 'compressZstd'
  ];
  return [`${row['mimeType']}`, compression, wanted[2] === 'Success' ? `${row['updatedType']}` : undefined];
}

test("other projects' tables of recompressed layers hold", t => {
  const cases = fixtureCases<MediaTypeCase>(t, 'cases/media-types.json');
  if (cases === undefined) return;
  const updated = cases.map(updateOf).filter(found => found !== undefined);
  for (const [mediaType, compression, result] of updated) {
    if (result === undefined)
      assert.throws(() => recompressedType(mediaType, compression), { code: 'unsupported' }, mediaType);
    else assert.equal(recompressedType(mediaType, compression), result, mediaType);
  }
  assert.equal(updated.length, 38);
});

test('the first bytes of a stream tell its compression', async () => {
  for (const compression of compressions) {
    const packed = await collected(compress(once(text), { compression }));
    assert.equal(detectCompression(packed), compression);
  }
  assert.equal(detectCompression(Buffer.from('BZh91AY&')), 'bzip2');
  assert.equal(detectCompression(Buffer.from('BZh1\x17rE8')), 'bzip2');
  assert.equal(detectCompression(Buffer.from('BZh1.txt')), 'none');
  assert.equal(detectCompression(Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0)), 'xz');
  assert.equal(detectCompression(Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0)), 'zstd');
  assert.equal(detectCompression(Uint8Array.of(0x5f, 0x2a, 0x4d, 0x18)), 'zstd');
  for (const short of [[], [0x1f], [0x28, 0xb5, 0x2f], [0x50, 0x2a], [0xfd, 0x37]])
    assert.equal(detectCompression(Uint8Array.from(short)), 'none');
});

test('what is compressed is decompressed to the same bytes', async () => {
  for (const compression of compressions) {
    for (const bytes of [text, new Uint8Array(0)]) {
      const packed = compress(once(bytes), { compression });
      assert.ok((await collected(decompress(packed, compression, 'layer'))).equals(bytes), compression);
    }
  }
});

test('the event loop turns while bzip2 is read', async () => {
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  assert.equal((await collected(decompress(once(bzip2Samples.zeros), 'bzip2', 'it'))).length, 10 << 20);
  isOver = true;
  assert.ok(turns > 100, `${turns} turns`);
});

test('levels have their defaults and their limits', async () => {
  const size = async (options: Parameters<typeof compress>[1]): Promise<string> =>
    (await collected(compress(once(text), options))).toString('hex');
  assert.equal(await size({ compression: 'gzip' }), await size({ compression: 'gzip', level: 4, compressor: 'zlib' }));
  assert.equal(await size({ compression: 'zstd' }), await size({ compression: 'zstd', level: 3 }));
  const portable = await collected(compress(once(text), { compression: 'gzip', compressor: 'portable' }));
  assert.equal(portable.toString('hex'), await size({ compression: 'gzip', level: 6, compressor: 'portable' }));
  assert.ok(gunzipSync(portable).equals(text));
  for (const [compression, level] of [
    ['gzip', 10],
    ['gzip', -1],
    ['gzip', 1.5],
    ['gzip', Number.NaN],
    ['zstd', 0],
    ['zstd', 20],
  ] as const)
    await assert.rejects(size({ compression, level }), { code: 'usage' });
});
