import type { Bytes, Hasher } from '../engine/engine.ts';

/** The same bytes, hashed as they pass. */
export async function* hashed(bytes: Bytes | Iterable<Uint8Array>, hasher: Hasher): Bytes {
  for await (const chunk of bytes) {
    hasher.update(chunk);
    yield chunk;
  }
}
