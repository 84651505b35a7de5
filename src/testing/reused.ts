import fc from 'fast-check';
import type { Bytes } from '../engine/engine.ts';

/** Lengths of chunks, to be taken round and round: single bytes, small ones, and some longer than most samples. */
export const arbitraryCuts: fc.Arbitrary<readonly number[]> = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 400, max: 1100 }), fc.constant(1 << 16)),
  { minLength: 1, maxLength: 6 },
);

function* pieces(bytes: Uint8Array, cuts: readonly number[], least: number): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = Math.max(least, cuts[turn % cuts.length] as number);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** Bytes in chunks through one `Buffer`, as files and sockets are read: it is overwritten as soon as the next chunk is asked for, and at the end. */
export async function* reused(bytes: Uint8Array, cuts: readonly number[], least = 1): Bytes {
  const buffer = Buffer.alloc(Math.max(least, ...cuts));
  for (const piece of pieces(bytes, cuts, least)) {
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
    buffer.fill(0xa5);
  }
}

/** The same chunks, each an array of its own that stays as it is. */
export async function* fresh(bytes: Uint8Array, cuts: readonly number[], least = 1): Bytes {
  for (const piece of pieces(bytes, cuts, least)) yield Uint8Array.from(piece);
}
