import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { collected } from '../testing/drained.ts';
import { reused } from '../testing/reused.ts';
import { openZstdEncoder, zstd, zstdHere } from './compress-zstd.ts';
import { fzstdDecoder } from './fzstd-decoder.ts';
import { nodeZstd } from './node-zstd.ts';
import { isUsualZstd, nodeZstdEncoder } from './node-zstd-encoder.ts';
import { lettersOf } from './usual-zlib.ts';
import { openWasmZstd } from './wasm-zstd.ts';
import { unzstd } from './zstd.ts';
import { frameSize } from './zstd-encoder.ts';
import { ZstdFrames } from './zstd-frames.ts';

/** Node's own where it is of the version that makes these bytes, and the one that every Node has. */
const ownEncoder = nodeZstdEncoder();
const wasmEncoder = await openWasmZstd();
const encoders = ownEncoder === undefined ? [wasmEncoder] : [ownEncoder, wasmEncoder];
const decoders = nodeZstd === undefined ? [fzstdDecoder] : [nodeZstd, fzstdDecoder];
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Texts, zeros, noise and what repeats from afar, in lengths about those of zstd's own blocks. */
function zstdInputs(): readonly Uint8Array[] {
  const noise = createHash('shake256', { outputLength: 300_000 }).update('zstd').digest();
  const letters = lettersOf(1 << 20);
  const text = lettersOf(700_000).map(letter => letter ^ 1);
  const long = Buffer.concat([text, noise, Buffer.alloc(1 << 20), letters, noise, text.subarray(0, 99_999)]);
  const lengths = [0, 1, 511, 16_385, 131_073, 1 << 20];
  return [...lengths.map(length => letters.subarray(0, length)), noise, long];
}

test('every zstd encoder makes the same frame of the same input, at every level', () => {
  for (const input of zstdInputs())
    for (const level of input.length > 300_000 ? [1, 3, 7] : [1, 2, 3, 4, 5, 7, 10, 13, 16, 19]) {
      const made = encoders.map(encoder => sha256(encoder.whole(input, level)));
      assert.equal(new Set(made).size, 1, `${input.length} bytes, level ${level}`);
    }
});

test('a stream is cut in frames of fixed size that say theirs, however it is chunked and whoever makes them', async () => {
  const noise = createHash('shake256', { outputLength: frameSize }).update('frames').digest();
  const input = Buffer.concat([lettersOf(frameSize), noise, Buffer.alloc(frameSize)]);
  for (const length of [0, 1, frameSize - 1, frameSize, frameSize + 1, 2 * frameSize, 2 * frameSize + 77]) {
    const content = input.subarray(0, length);
    const cuts = [...new Set([0, frameSize, 2 * frameSize])].filter(at => at === 0 || at < length);
    const frames = cuts.map(at => wasmEncoder.whole(content.subarray(at, at + frameSize), 3));
    for (const frame of frames) assert.ok((frame[4] as number) >= 0x20, 'a single segment: its size is in the header');
    const expected = Buffer.concat(frames);
    for (const size of [1 << 24, 77_777]) {
      const made = [zstd(reused(content, [size]), { level: 3 })];
      for (const encoder of encoders) made.push(zstdHere(reused(content, [size]), 3, encoder));
      for (const bytes of made) assert.ok((await collected(bytes)).equals(expected), `${length} bytes by ${size}`);
    }
    for (const decoder of decoders)
      assert.ok((await collected(unzstd(reused(expected, [99_999]), 'blob', decoder))).equals(content), decoder.name);
  }
});

test('every zstd encoder makes the same streams in a row, those of one frame and those of several', async () => {
  for (const level of [1, 3]) {
    const made: string[] = [];
    for (const encoder of [...encoders, undefined]) {
      const frames = await ZstdFrames.open(level, encoder);
      const parts: Uint8Array[] = [];
      for (const input of zstdInputs()) {
        for await (const chunk of reused(input, [77_777])) parts.push(...frames.write(chunk));
        parts.push(...frames.end());
      }
      const packed = Buffer.concat(parts);
      const content = await collected(unzstd(reused(packed, [1 << 20]), 'blob'));
      assert.equal(Buffer.compare(content, Buffer.concat(zstdInputs())), 0);
      made.push(sha256(packed));
    }
    assert.equal(new Set(made).size, 1, `level ${level}`);
  }
});

test('a zstd encoder that makes other bytes is told by one level of them', async () => {
  const { whole } = wasmEncoder;
  assert.ok(isUsualZstd(whole));
  assert.ok(!isUsualZstd((bytes, level) => whole(bytes, level === 3 ? 4 : level)));
  const own = process.versions['zstd'];
  assert.equal(ownEncoder !== undefined, own === '1.5.7', `zstd ${own}`);
  assert.equal((await openZstdEncoder()).name, ownEncoder === undefined ? 'wasm' : 'node');
});

test('a zstd stream that is made in this thread and left, or whose source fails, ends at once', async () => {
  for (const encoder of encoders) {
    const input = lettersOf(frameSize + 1);
    for await (const chunk of zstdHere(reused(input, [1 << 16]), 3, encoder)) {
      assert.ok(chunk.length > 0, encoder.name);
      break;
    }
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield* reused(input, [1 << 16]);
      throw new Error('the source failed');
    };
    await assert.rejects(collected(zstdHere(failing(), 3, encoder)), /the source failed/, encoder.name);
  }
});
