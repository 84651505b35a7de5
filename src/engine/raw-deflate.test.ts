import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, deflateRaw, type ZlibOptions } from 'node:zlib';
import fc from 'fast-check';
import { seeingDeflates } from '../testing/deflate-streams.ts';
import { RawDeflate } from './raw-deflate.ts';
import { lettersOf } from './usual-zlib.ts';

/** What zlib makes of a block by itself. */
const expectedOf = (block: Uint8Array, options: ZlibOptions): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunkSize = Math.max(4096, block.length);
    deflateRaw(block, { ...options, chunkSize }, (error, made) => (error === null ? resolve(made) : reject(error)));
  });

function blockOf(kind: 'letters' | 'noise' | 'zeros', size: number): Uint8Array {
  if (kind === 'letters') return lettersOf(size);
  const bytes = new Uint8Array(size);
  let state = size;
  for (let at = 0; kind === 'noise' && at < size; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

const blocks = fc.record({
  kind: fc.constantFrom('letters', 'noise', 'zeros'),
  size: fc.oneof(fc.constantFrom(0, 1, 4095, 4096, 4097, 65_535, 1 << 20), fc.nat(1 << 18)),
  level: fc.integer({ min: 0, max: 9 }),
  finishFlush: fc.constantFrom(constants.Z_FINISH, constants.Z_SYNC_FLUSH),
  after: fc.constantFrom(0, 5, 32_768),
});

/** Many blocks in turn and side by side are deflated as zlib alone does it. */
async function holds(runs: number): Promise<void> {
  const raw = new RawDeflate();
  const property = fc.asyncProperty(fc.array(blocks, { minLength: 1, maxLength: 6 }), async wanted => {
    const works = wanted.map(({ kind, size, level, finishFlush, after }) => {
      const dictionary = lettersOf(after);
      const options = { level, finishFlush, ...(after === 0 ? {} : { dictionary }) };
      const block = blockOf(kind, size);
      return { made: raw.deflate(block, options), expected: expectedOf(block, options) };
    });
    for (const { made, expected } of works) assert.ok((await expected).equals(await made));
  });
  await fc.assert(property, { numRuns: runs });
}

test('blocks are deflated to the very bytes that zlib makes of each by itself, in memory that is used again', () =>
  holds(60));

test('where a stream keeps its memory elsewhere, it has its own, and makes the same', async () => {
  let otherwise = 0;
  await seeingDeflates(
    (stream, { chunkSize }) => {
      if (chunkSize !== constants.Z_MIN_CHUNK) return;
      otherwise += 1;
      Object.assign(stream, { _outBuffer: undefined });
    },
    () => holds(10),
  );
  assert.ok(otherwise > 10);
});

test('what zlib has against its options is an error', async () => {
  await assert.rejects(new RawDeflate().deflate(new Uint8Array(5), { level: 77 }), /level/);
});

test('a second block is deflated into the memory of the first', async () => {
  const streams: object[] = [];
  const raw = new RawDeflate();
  await seeingDeflates(
    stream => streams.push(stream),
    async () => {
      for (const size of [1 << 20, 1 << 19]) await raw.deflate(lettersOf(size), { level: 4 });
    },
  );
  const [first, second] = streams.map(stream => (stream as { readonly _outBuffer: Uint8Array })._outBuffer);
  assert.ok(first !== undefined && first.length >= 1 << 20);
  assert.equal(second, first);
});
