import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { contentHashOf, createContentHash } from './content-hash.ts';
import { zeroChunks } from './zeros.ts';

const block = 1 << 16;

function hashOf(...chunks: readonly Uint8Array[]): string {
  const hash = createContentHash();
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest();
}

/** Runs of zeros and of other bytes, of lengths around those of blocks. */
const arbitraryContents: fc.Arbitrary<Buffer> = fc
  .array(
    fc.tuple(
      fc.constantFrom(0, 0, 7),
      fc.tuple(fc.constantFrom(0, 1, 2), fc.constantFrom(-1, 0, 1)).map(([blocks, more]) => blocks * block + more),
    ),
    { maxLength: 5 },
  )
  .map(runs => Buffer.concat(runs.map(([byte, length]) => Buffer.alloc(Math.max(0, length), byte))));

function chunksOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const sorted = cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...sorted].map((start, index) => bytes.subarray(start, sorted[index] ?? bytes.length));
}

test('law: contents have one hash, however they are chunked, and other contents another', () => {
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(arbitraryContents, fc.array(fc.nat(), { maxLength: 6 }), (bytes, cuts) => {
      const hash = hashOf(bytes);
      assert.equal(hashOf(...chunksOf(bytes, cuts)), hash);
      assert.equal(contentHashOf(bytes), hash);
      const plain = createHash('sha256').update(bytes).digest('hex');
      assert.equal(seen.get(hash) ?? plain, plain);
      seen.set(hash, plain);
    }),
    { numRuns: 500 },
  );
  assert.equal(new Set(seen.values()).size, seen.size);
});

test('contents without a block of zeros are hashed as they are', () => {
  const bytes = Buffer.alloc(4 * block, 1);
  bytes.fill(0, 1, block + block - 1);
  for (const some of [bytes, Buffer.alloc(block - 1), Buffer.alloc(0)])
    assert.equal(hashOf(some), createHash('sha256').update(some).digest('hex'));
});

test('a hole is the same as zeros that were read, and is hashed without a look at its bytes', () => {
  const size = 5 * (1 << 20) + 3;
  assert.equal(hashOf(...zeroChunks(size), Buffer.from('x')), hashOf(Buffer.alloc(size), Buffer.from('x')));
  assert.notEqual(hashOf(...zeroChunks(size)), hashOf(...zeroChunks(size + 1)));
  assert.notEqual(hashOf(...zeroChunks(size)), hashOf(...zeroChunks(size + block)));
});
