import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { gzipSync as fflateGzip } from 'fflate';
import { seeingDeflates } from '../testing/deflate-streams.ts';
import { collected } from '../testing/drained.ts';
import { reused } from '../testing/reused.ts';
import { BitJoin } from './bit-join.ts';
import { tellsBlocks } from './block-gunzip.ts';
import { DeflatedBlocks } from './deflated-blocks.ts';
import type { Bytes } from './engine.ts';
import { nodeEngine } from './node.ts';
import { portableEngine } from './portable.ts';
import { Taken } from './taken.ts';

const skip = !tellsBlocks() && 'no blocks are told here';

/** Words, noise, zeros and counted numbers in turn: every kind of block comes of them. */
function sampleOf(size: number, seed: number): Uint8Array {
  const bytes = Buffer.alloc(size);
  let state = seed >>> 0;
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const kind = ((at >> 15) + seed) % 5;
    if (kind === 1) bytes[at] = state >>> 24;
    else if (kind === 2) bytes[at] = at >> 4;
    else if (kind !== 3) bytes[at] = 97 + ((state >>> 20) % (at % 4096 < 2048 ? 3 : 19));
  }
  return bytes;
}

/** A part of the source that the new stream has, and what it has before. */
interface Part {
  readonly from: number;
  readonly length: number;
  readonly before: number;
}

interface Made {
  readonly packed: Buffer;
  readonly raw: Buffer;
}

/** A stream of parts of `gzipped`, in their order, in chunks of `size`. */
async function make(gzipped: Uint8Array, parts: readonly Part[], size: number): Promise<Made> {
  const [blocks, taken, raw] = [new DeflatedBlocks(), new Taken(), [] as Uint8Array[]];
  let length = 0;
  const pass = (bytes: Uint8Array): Uint8Array => {
    raw.push(Uint8Array.from(bytes));
    length += bytes.length;
    return bytes;
  };
  async function* stream(): Bytes {
    let at = 0;
    let next = 0;
    for await (const chunk of nodeEngine.gunzip(reused(gzipped, [size]), 'blob', blocks)) {
      for (let part = parts[next]; part !== undefined; part = parts[next]) {
        const [start, end] = [part.from - at, part.from + part.length - at];
        if (start >= chunk.length) break;
        if (start >= 0) {
          yield pass(sampleOf(part.before, 7));
          taken.mark({ at: length, length: part.length, from: part.from, blocks });
        }
        const bytes = chunk.subarray(Math.max(0, start), end);
        for (let cut = 0; cut < bytes.length; cut += size) yield pass(bytes.subarray(cut, cut + size));
        if (end > chunk.length) break;
        next += 1;
      }
      at += chunk.length;
    }
  }
  const packed = await collected(nodeEngine.gzip(stream(), { level: 4, taken }));
  return { packed, raw: Buffer.concat(raw) };
}

/** One gzip member of pieces that each end with a byte, behind an empty stored block. */
function flushed(bytes: Uint8Array): Buffer {
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 50_000)
    pieces.push(deflateRawSync(bytes.subarray(at, at + 50_000), { finishFlush: constants.Z_SYNC_FLUSH }));
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(nodeEngine.crc32(bytes));
  trailer.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([header, ...pieces, Buffer.from([3, 0]), trailer]);
}

const packers: Readonly<Record<string, (bytes: Uint8Array, level: number) => Uint8Array>> = {
  zlib: (bytes, level) => gzipSync(bytes, { level }),
  'small blocks': (bytes, level) => gzipSync(bytes, { level, memLevel: 1 }),
  'fixed codes': (bytes, level) => gzipSync(bytes, { level, strategy: constants.Z_FIXED }),
  'codes alone': (bytes, level) => gzipSync(bytes, { level, strategy: constants.Z_HUFFMAN_ONLY }),
  fflate: (bytes, level) => fflateGzip(bytes, { level: level as 6 }),
  members: bytes => {
    const [a, b] = [bytes.length >> 2, bytes.length >> 1];
    return Buffer.concat([bytes.subarray(0, a), bytes.subarray(a, b), bytes.subarray(b)].map(part => gzipSync(part)));
  },
  flushed,
};

/** More than is looked at at once, twice. */
const size = 2_600_000;
const cases = fc.record({
  packer: fc.constantFrom(...Object.keys(packers)),
  level: fc.integer({ min: 0, max: 9 }),
  seed: fc.nat(1 << 20),
  cuts: fc.uniqueArray(fc.integer({ min: 0, max: size }), { minLength: 2, maxLength: 8 }),
  before: fc.integer({ min: 0, max: 3000 }),
  chunks: fc.constantFrom([1 << 16, 1 << 20], [1000, 70_001]),
});

test('what is taken over in deflated form comes to the same bytes, whatever deflated it and however it is cut', {
  skip,
}, async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ packer, level, seed, cuts, before, chunks }) => {
      const pack = packers[packer] as (typeof packers)[string];
      const gzipped = pack(sampleOf(size, seed), level);
      const at = cuts.sort((a, b) => a - b);
      const parts = at.flatMap((from, index) => {
        const end = at[index + 1];
        return index % 2 === 0 && end !== undefined ? [{ from, length: end - from, before }] : [];
      });
      const [one, other] = [
        await make(gzipped, parts, chunks[0] as number),
        await make(gzipped, parts, chunks[1] as number),
      ];
      assert.ok(gunzipSync(one.packed).equals(one.raw), packer);
      assert.ok(one.packed.equals(other.packed), 'the same bytes of other chunks');
      const portable = await collected(portableEngine.gunzip(reused(one.packed, [100_000]), 'blob'));
      assert.ok(portable.equals(one.raw));
    }),
    { numRuns: 40 },
  );
});

test('most of what stays is taken over, and what a level of its own would make otherwise', { skip }, async () => {
  const text = sampleOf(4 << 20, 1).map(byte => 97 + (byte % 17));
  const gzipped = gzipSync(text, { level: 1 });
  const { packed, raw } = await make(gzipped, [{ from: 1000, length: (4 << 20) - 5000, before: 512 }], 1 << 18);
  assert.ok(gunzipSync(packed).equals(raw));
  const longest = [...Array(64).keys()].filter(piece => {
    const at = Math.floor((gzipped.length / 64) * piece);
    return packed.includes(gzipped.subarray(at, at + 1000));
  });
  // Bits keep their places in their bytes, so that all but the first and last blocks are there as they were.
  assert.ok(longest.length >= 58, `${longest.length} of 64 pieces`);
});

/** The same bits behind so many others. */
function shiftedBy(bytes: Uint8Array, bits: number): Uint8Array {
  const shifted = new Uint8Array(bytes.length + 1);
  for (const [at, byte] of bytes.entries()) {
    shifted[at] = (shifted[at] as number) | ((byte << bits) & 0xff);
    shifted[at + 1] = byte >> (8 - bits);
  }
  return shifted;
}

test('a piece that begins at any bit is joined to one that ends at any, behind blocks of nothing', () => {
  const text = 'blocks of nothing come before it until it fits. '.repeat(40);
  const deflated = deflateRawSync(text);
  const nothing = deflateRawSync('', { strategy: constants.Z_FIXED });
  for (let from = 0; from < 8; from++) {
    for (let blocks = 0; blocks < 4; blocks++) {
      const join = new BitJoin();
      const parts: Uint8Array[] = [];
      // The ten bits of a block of nothing, of which the first says that it is the last.
      const first = Uint8Array.from(nothing, byte => byte & 0xfe);
      for (let block = 0; block < blocks; block++) parts.push(...join.add(shiftedBy(first, 1), 1, 11));
      parts.push(...join.add(shiftedBy(deflated, from), from, from + 8 * deflated.length), join.end());
      assert.equal(inflateRawSync(Buffer.concat(parts)).toString(), text, `${blocks} blocks, then bit ${from}`);
    }
  }
});

test('blocks are deflated side by side, with something taken over or without', async () => {
  for (const taken of [undefined, new Taken()]) {
    let [running, most] = [0, 0];
    await seeingDeflates(
      stream => {
        most = Math.max(most, ++running);
        stream.on('close', () => {
          running -= 1;
        });
      },
      () => collected(nodeEngine.gzip(reused(sampleOf(9 << 20, 1), [1 << 20]), { level: 1, taken })),
    );
    assert.ok(most > 2, `${most} at once`);
  }
});
