import type { Bytes } from '../engine/engine.ts';

/** Bytes that are in memory, as a stream. */
export async function* once(bytes: Uint8Array): Bytes {
  yield bytes;
}
