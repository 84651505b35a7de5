import type { Bytes } from '../engine/engine.ts';

/** Reads a stream to its end for what it checks on the way. Answers how many bytes it had. */
export async function drain(bytes: Bytes | Iterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const chunk of bytes) size += chunk.length;
  return size;
}
