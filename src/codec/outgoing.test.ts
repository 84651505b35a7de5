import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Outgoing } from './outgoing.ts';

/** What is added before all that is lined up is taken, each of a length and a value. */
const rounds = fc.array(
  fc.array(fc.tuple(fc.constantFrom(0, 1, 512, 5000, 32_767, 32_768, 100_000), fc.integer({ min: 1, max: 255 })), {
    maxLength: 60,
  }),
  { minLength: 1, maxLength: 12 },
);

test('what goes in comes out in order, however often the memory of what has passed is used again', () => {
  fc.assert(
    fc.property(rounds, fc.boolean(), (adds, isFlushed) => {
      const outgoing = new Outgoing();
      const [expected, taken] = [[] as Uint8Array[], [] as Uint8Array[]];
      const take = (): void => {
        for (const piece of outgoing.take()) taken.push(Uint8Array.from(piece));
      };
      for (const round of adds) {
        for (const [length, value] of round) {
          const bytes = new Uint8Array(length).fill(value);
          expected.push(bytes);
          outgoing.add(bytes);
        }
        if (isFlushed) outgoing.flush();
        take();
      }
      outgoing.flush();
      take();
      assert.ok(Buffer.concat(taken).equals(Buffer.concat(expected)));
    }),
    { numRuns: 60 },
  );
});

test('a tar of any number of small files goes through two buffers', () => {
  const outgoing = new Outgoing();
  const buffers = new Set<ArrayBufferLike>();
  for (let at = 0; at < 40_000; at++) {
    outgoing.add(new Uint8Array(512).fill(at));
    for (const piece of outgoing.take()) buffers.add(piece.buffer);
  }
  assert.equal(buffers.size, 2);
});
