import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { readLayer } from '../codec/layer-reader.ts';
import { TarReader } from '../codec/tar-reader.ts';
import { writeOneLayer } from '../codec/tree-writer.ts';
import { copyOf } from '../engine/bytes.ts';
import { unbzip2 } from '../engine/bzip2.ts';
import { zstd } from '../engine/compress-zstd.ts';
import { DeflatedBlocks } from '../engine/deflated-blocks.ts';
import type { Bytes } from '../engine/engine.ts';
import { gunzip } from '../engine/gunzip.ts';
import { nodeEngine } from '../engine/node.ts';
import { gunzipStream } from '../engine/node-gunzip.ts';
import { portableEngine } from '../engine/portable.ts';
import { canThread, threadedBlockGunzip, threadedGunzip } from '../engine/threaded-gunzip.ts';
import { unxz } from '../engine/xz.ts';
import { unzstd } from '../engine/zstd.ts';
import { importRootfs } from '../ops/import-rootfs.ts';
import { load } from '../ops/load.ts';
import { save } from '../ops/save.ts';
import { createLayout } from '../store/layout/create-layout.ts';
import { bzip2Samples } from '../testing/bzip2-samples.ts';
import { arbitraryCuts, fresh, reused } from '../testing/reused.ts';
import { tarOf } from '../testing/tar-of.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { drain } from './drain.ts';
import { flow } from './flow.ts';
import { peek } from './peek.ts';
import { tap } from './tap.ts';
import { verified } from './verified.ts';

const blob = 'blob';

/** Text with repetitions near and far, and noise. */
function sampleOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = at % 20_000 < 5000 ? state >>> 24 : 97 + ((state >>> 20) % 7);
  }
  return bytes;
}

const sample = sampleOf(30_000);
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Digest of all bytes, taken chunk by chunk before the next is asked for; or the error's message. */
async function resultOf(bytes: Bytes): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of bytes) hash.update(chunk);
  } catch (error) {
    return String(error);
  }
  return hash.digest('hex');
}

async function packed(bytes: Bytes): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(copyOf(chunk));
  return Buffer.concat(chunks);
}

type Reader = (bytes: Bytes) => Promise<string>;

/** Holds that a reader tells no difference between a source that reuses its `Buffer` and one that does not. */
function holds(reader: Reader, input: Uint8Array, options: { runs?: number; least?: number } = {}): Promise<void> {
  const { runs = 8, least } = options;
  return fc.assert(
    fc.asyncProperty(arbitraryCuts, async cuts => {
      assert.equal(await reader(reused(input, cuts, least)), await reader(fresh(input, cuts, least)));
    }),
    { numRuns: runs },
  );
}

const decoded =
  (decode: (bytes: Bytes) => Bytes): Reader =>
  bytes =>
    resultOf(decode(bytes));

const gzipped = gzipSync(sample);
const several = Buffer.concat([gzipped, gzipped, Buffer.alloc(700)]);
const xzOf = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4DLHAD9dADQZSe6N74xrypVZEARB+sisrtwbPNef2T5tYdYjpVEVvZXPUuPA4YudFXO6k5T7sWqnGFFmA13P8JHDxvbxAAAAv9iYlJ1uQnoAAVvIZQAAAMKIgXCxxGf7AgAAAAAEWVo=',
  'base64',
);

const decoders: Readonly<Record<string, (bytes: Bytes) => Bytes>> = {
  gunzip: bytes => gunzip(bytes, blob),
  'gunzip in the pool': bytes => gunzipStream(bytes, blob),
  'portable gunzip': bytes => portableEngine.gunzip(bytes, blob),
};

for (const [name, decode] of Object.entries(decoders)) {
  test(`${name} reads a source that reuses its Buffer as any other`, async () => {
    // The pool takes a turn for every chunk: fewer of them.
    const least = name === 'gunzip in the pool' ? 150 : 5;
    for (const input of [gzipped, several]) {
      assert.notEqual(await resultOf(decode(reused(input, [999]))), await resultOf(fresh(input, [999])));
      await holds(decoded(decode), input, { runs: 8, least });
    }
  });
}

test('gunzip of a large stream, in a thread, reads a source that reuses its Buffer as any other', async t => {
  if (!canThread()) return t.skip('this Node has not what the thread stands on');
  const noise = sampleOf(1 << 19).map((byte, at) => (byte * (at | 1)) >>> 3);
  const large = gzipSync(Buffer.concat(Array.from({ length: 12 }, (_, at) => noise.map(byte => byte ^ at))), {
    level: 0,
  });
  await holds(
    decoded(bytes => gunzip(bytes, blob)),
    large,
    { runs: 2, least: 30_000 },
  );
  await holds(
    decoded(bytes => threadedGunzip(bytes, blob)),
    gzipped,
    { runs: 5 },
  );
  await holds(
    decoded(bytes => threadedBlockGunzip(bytes, { subject: blob, blocks: new DeflatedBlocks() })),
    gzipped,
    { runs: 5 },
  );
});

test('unzstd, unbzip2 and unxz read a source that reuses its Buffer as any other', async () => {
  const frames = await packed(zstd(fresh(sample, [50_000]), { level: 3 }));
  assert.equal(await resultOf(unzstd(reused(frames, [700]), blob)), digestOf(sample));
  await holds(
    decoded(bytes => unzstd(bytes, blob)),
    frames,
  );
  await holds(
    decoded(bytes => unbzip2(bytes, blob)),
    Buffer.concat([bzip2Samples.text, bzip2Samples.motd]),
  );
  await holds(
    decoded(bytes => unxz(bytes, blob)),
    xzOf,
  );
});

test('what compresses reads a source that reuses its Buffer as any other', async () => {
  await holds(
    decoded(bytes => nodeEngine.gzip(bytes, { level: 4 })),
    sample,
    { runs: 8 },
  );
  await holds(
    decoded(bytes => portableEngine.gzip(bytes, { level: 6 })),
    sample,
    { runs: 4 },
  );
  await holds(
    decoded(bytes => zstd(bytes, { level: 3 })),
    sample,
    { runs: 8 },
  );
});

test('what passes bytes on reads a source that reuses its Buffer as any other', async () => {
  const descriptor = { mediaType: 'text/plain', digest: `sha256:${digestOf(sample)}`, size: sample.length } as const;
  let seen = '';
  const readers: readonly Reader[] = [
    async bytes => resultOf((await peek(bytes, 512)).whole),
    bytes => resultOf(verified(bytes, descriptor, blob)),
    bytes => resultOf(flow(bytes, { progress: { bytes: 0 } })),
    async bytes =>
      `${await drain(
        tap(bytes, async read => {
          seen = await resultOf(read);
        }),
      )} ${seen}`,
  ];
  for (const reader of readers) {
    assert.match(await reader(reused(sample, [1000])), /[0-9a-f]{64}$/);
    await holds(reader, sample, { runs: 6 });
  }
});

/** A tar with small files and one of 9000 bytes. */
async function sampleTar(t: TestContext): Promise<Uint8Array> {
  const path = join(temporaryDirectory(t), 'sample.tar');
  await tarOf(path, { 'a/': '', 'a/one': 'x'.repeat(511), 'a/two': sample.subarray(0, 9000), 'a/three': '' });
  return readFileSync(path);
}

test('tars are read and rewritten from a source that reuses its Buffer as from any other', async t => {
  const tar = await sampleTar(t);
  const hashing = (): { hash: ReturnType<typeof createHash>; data: (chunk: Uint8Array) => void } => {
    const hash = createHash('sha256');
    return { hash, data: chunk => void hash.update(chunk) };
  };
  const readers: readonly Reader[] = [
    async bytes => {
      const { hash, data } = hashing();
      await readLayer(
        bytes,
        { identity: 'layer', subject: blob },
        { data, end: () => undefined, entry: entry => void data(Buffer.from(entry.path)) },
      );
      return hash.digest('hex');
    },
    async bytes => {
      const { hash, data } = hashing();
      const reader = new TarReader(
        { data, end: () => undefined, member: ({ path }) => void data(Buffer.from(path)) },
        blob,
      );
      for await (const chunk of bytes) reader.push(chunk);
      reader.finish();
      return hash.digest('hex');
    },
    bytes => resultOf(writeOneLayer({ identity: 'layer', subject: blob, open: () => bytes })),
  ];
  for (const reader of readers) await holds(reader, tar, { runs: 15 });
});

test('a layout stores, and `import` and `load` take, a source that reuses its Buffer as any other', async t => {
  const place = temporaryDirectory(t);
  const tar = await sampleTar(t);
  let count = 0;
  const layout = await createLayout(join(place, 'layout'));
  await holds(async bytes => (await layout.put(bytes)).digest, sample, { runs: 4 });
  const compressed = [
    tar,
    gzipSync(tar),
    await packed(zstd(fresh(tar, [5000]), { level: 3 })),
    await packed(portableEngine.gzip(fresh(tar, [5000]), { level: 0 })),
  ];
  for (const input of compressed)
    await holds(
      async bytes => {
        const { layer, diffID } = await importRootfs(bytes, join(place, `${count++}`), { platform: 'linux/amd64' });
        assert.equal(diffID, `sha256:${digestOf(tar)}`);
        return layer.digest;
      },
      input,
      { runs: 4 },
    );
  const saved = join(place, 'saved.tar');
  await save([join(place, '0')], saved);
  for (const input of [readFileSync(saved), gzipSync(readFileSync(saved))])
    await holds(
      async bytes => (await load(bytes, join(place, `${count++}`))).images.map(({ digest }) => digest).join(),
      input,
      { runs: 4 },
    );
});
