import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { collected } from '../testing/drained.ts';
import { reused } from '../testing/reused.ts';
import { zstd } from './compress-zstd.ts';
import { isUsualZstd, nodeZstdEncoder } from './node-zstd-encoder.ts';
import { canThreadZstd, threadedZstd } from './threaded-zstd.ts';
import { lettersOf } from './usual-zlib.ts';
import { openCodec, wasmZstdEncoder } from './wasm-zstd.ts';
import { unzstd } from './zstd.ts';
import { ZstdFrames } from './zstd-frames.ts';

/** Node's own where it is of the version that makes these bytes, and the one that every Node has. */
const ownEncoder = nodeZstdEncoder();
const encoders = ownEncoder === undefined ? [wasmZstdEncoder] : [ownEncoder, wasmZstdEncoder];
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Texts, zeros, noise and what repeats from afar, in lengths about those of blocks and of zstd's own. */
function zstdInputs(): readonly Uint8Array[] {
  const noise = createHash('shake256', { outputLength: 300_000 }).update('zstd').digest();
  const letters = lettersOf(1 << 20);
  const text = lettersOf(700_000).map(letter => letter ^ 1);
  const long = Buffer.concat([text, noise, Buffer.alloc(1 << 20), letters, noise, text.subarray(0, 99_999)]);
  const lengths = [0, 1, 511, 16_385, 131_073, 1 << 20];
  return [...lengths.map(length => letters.subarray(0, length)), noise, long];
}

test('every zstd encoder makes the same frames of the same input, at every level', async () => {
  for (const input of zstdInputs())
    for (const level of input.length > 300_000 ? [1, 3] : [1, 2, 3, 4, 5, 7, 10, 13, 16, 19]) {
      const made = await Promise.all(
        encoders.map(async encoder => sha256(await collected(zstd(reused(input, [77_777]), { level }, encoder)))),
      );
      assert.equal(new Set(made).size, 1, `${input.length} bytes, level ${level}`);
    }
});

test('every zstd encoder makes the same frames in a row, whole ones and those of several blocks', async () => {
  for (const level of [1, 3]) {
    const made: string[] = [];
    for (const encoder of [...encoders, undefined]) {
      const frames = await ZstdFrames.open(level, encoder);
      const parts: Uint8Array[] = [];
      for (const input of zstdInputs()) {
        for await (const chunk of reused(input, [77_777])) parts.push(...frames.write(chunk));
        parts.push(...frames.end());
      }
      frames.close();
      const packed = Buffer.concat(parts);
      const content = await collected(unzstd(reused(packed, [1 << 20]), 'blob'));
      assert.equal(Buffer.compare(content, Buffer.concat(zstdInputs())), 0);
      made.push(sha256(packed));
    }
    assert.equal(new Set(made).size, 1, `level ${level}`);
  }
});

test('a zstd encoder that makes other bytes is told by one level of them', async () => {
  const { codec, close } = await openCodec();
  assert.ok(isUsualZstd((bytes, level) => codec.compress(bytes, level)));
  assert.ok(!isUsualZstd((bytes, level) => codec.compress(bytes, level === 3 ? 4 : level)));
  close();
  const own = process.versions['zstd'];
  assert.equal(ownEncoder !== undefined, own === '1.5.7', `zstd ${own}`);
});

test('a zstd stream that is left, or whose source fails, ends at once', async () => {
  for (const encoder of encoders) {
    const input = lettersOf(5 << 20);
    for await (const chunk of zstd(reused(input, [1 << 16]), { level: 3 }, encoder)) {
      assert.ok(chunk.length > 0, encoder.name);
      break;
    }
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield* reused(input, [1 << 16]);
      throw new Error('the source failed');
    };
    await assert.rejects(collected(zstd(failing(), { level: 3 }, encoder)), /the source failed/, encoder.name);
  }
});

test('a thread makes the frames that the pool makes, of every length about that of blocks and however they are chunked', {
  skip: ownEncoder === undefined,
}, async () => {
  assert.ok(ownEncoder);
  assert.ok(canThreadZstd());
  const noise = createHash('shake256', { outputLength: 5 << 20 })
    .update('thread')
    .digest();
  const lengths = [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 4 << 20, (5 << 20) - 7];
  for (const input of [...zstdInputs(), ...lengths.map(length => noise.subarray(0, length))])
    for (const size of [1 << 24, 1 << 20, 77_777]) {
      const expected = await collected(ownEncoder.stream(reused(input, [size]), 3));
      assert.equal(Buffer.compare(await collected(threadedZstd(reused(input, [size]), 3)), expected), 0);
      assert.equal(Buffer.compare(await collected(zstd(reused(input, [size]), { level: 3 })), expected), 0);
    }
});

test('a compressing thread that dies, is left, or whose source fails ends the stream and its source', async () => {
  let closed = 0;
  const source = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* reused(lettersOf(9 << 20), [1 << 16]);
      throw new Error('the source failed');
    } finally {
      closed++;
    }
  };
  await assert.rejects(collected(threadedZstd(source(), 3, 'process.exit(3)')), /ended early/);
  await assert.rejects(collected(threadedZstd(source(), 3, "throw new Error('no zstd')")), /no zstd/);
  assert.equal(closed, 2);
  if (ownEncoder === undefined) return;
  await assert.rejects(collected(threadedZstd(source(), 3)), /the source failed/);
  for await (const chunk of zstd(source(), { level: 3 })) {
    assert.ok(chunk.length > 0);
    break;
  }
  assert.equal(closed, 4);
});
