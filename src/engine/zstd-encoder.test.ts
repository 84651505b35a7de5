import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { collected } from '../testing/drained.ts';
import { reused } from '../testing/reused.ts';
import { zstd } from './compress-zstd.ts';
import { isUsualZstd, nodeZstdEncoder } from './node-zstd-encoder.ts';
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
