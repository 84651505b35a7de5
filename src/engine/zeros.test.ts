import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, deflateRawSync, constants as flush } from 'node:zlib';
import fc from 'fast-check';
import { seeingDeflates } from '../testing/deflate-streams.ts';
import type { Bytes } from './engine.ts';
import { nodeEngine } from './node.ts';
import { crcOfZeros, isHole, isZeros, zeroChunks } from './zeros.ts';

const block = 1 << 20;

const text = Buffer.alloc(block, 'what is said here is said again and again, and is no zeros\n');
const mostly = Buffer.alloc(block);
mostly[block - 1] = 1;

/** Streams as they are cut into blocks: `0` zeros, `t` text, `m` zeros with another byte at their end, `.` a short end of zeros. */
const parts: Readonly<Record<string, Buffer>> = {
  '0': Buffer.alloc(block),
  t: text,
  m: mostly,
  '.': Buffer.alloc(777),
};
const bytesOf = (plan: string): Buffer => Buffer.concat([...plan].map(letter => parts[letter] as Buffer));

async function* inChunks(bytes: Buffer, size: number): Bytes {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function gzipped(bytes: Buffer, level: number, size = 300_000): Promise<Buffer> {
  const made: Uint8Array[] = [];
  for await (const chunk of nodeEngine.gzip(inChunks(bytes, size), { level })) made.push(chunk.slice());
  return Buffer.concat(made);
}

/** The same by zlib alone, each block by itself. */
function blockByBlock(bytes: Buffer, level: number): Buffer {
  const made: Buffer[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])];
  for (let at = 0; at === 0 || at < bytes.length; at += block) {
    const finishFlush = at + block >= bytes.length ? flush.Z_FINISH : flush.Z_SYNC_FLUSH;
    const dictionary = bytes.subarray(Math.max(0, at - 32 * 1024), at);
    const options = { level, chunkSize: block, finishFlush, ...(at === 0 ? {} : { dictionary }) };
    made.push(deflateRawSync(bytes.subarray(at, at + block), options));
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(bytes));
  trailer.writeUInt32LE(bytes.length % 2 ** 32, 4);
  return Buffer.concat([...made, trailer]);
}

/** How many blocks are deflated while something is done. */
async function deflated(action: () => Promise<unknown>): Promise<number> {
  let count = 0;
  await seeingDeflates(() => {
    count++;
  }, action);
  return count;
}

const plans = ['0', '00', '000', '0000.', 't000', '00t000', 'm000', '000m', '0000t.', 't', '.', '0m0m00'];

for (const level of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
  test(`zeros are deflated to what zlib makes of each block by itself: level ${level}`, async () => {
    for (const plan of plans) {
      const bytes = bytesOf(plan);
      assert.ok((await gzipped(bytes, level)).equals(blockByBlock(bytes, level)), plan);
    }
  });
}

test('zeros after zeros are deflated once, however many they are', async () => {
  const few = await deflated(() => gzipped(bytesOf('t000t'), 4));
  assert.equal(few, 4);
  assert.equal(await deflated(() => gzipped(bytesOf(`t${'0'.repeat(100)}t`), 4)), few);
});

test('the CRC of zeros is known without a look at them', () => {
  fc.assert(
    fc.property(fc.nat({ max: 12 }), fc.integer({ min: 0, max: 0xffffffff }), (power, previous) => {
      assert.equal(crcOfZeros(power)(previous), crc32(Buffer.alloc(2 ** power), previous));
    }),
  );
});

test('bytes are zeros where each of them is, and a hole where nobody had to read them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40, max: 1 }), fc.nat(40), fc.nat(40), (bytes, one, other) => {
      const [start, end] = [Math.min(one, other, bytes.length), Math.min(Math.max(one, other), bytes.length)];
      fc.pre(end > start);
      assert.equal(
        isZeros(bytes, start, end),
        bytes.subarray(start, end).every(byte => byte === 0),
      );
    }),
  );
  const chunks = [...zeroChunks(5 * block + 3)];
  assert.equal(
    chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    5 * block + 3,
  );
  assert.ok(chunks.every(chunk => isHole(chunk) && isZeros(chunk)));
  assert.ok(!isHole(Buffer.alloc(10)));
});
