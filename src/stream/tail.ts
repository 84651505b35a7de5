import { copyOf } from '../engine/bytes.ts';
import type { Bytes } from '../engine/engine.ts';

/** The last bytes of a stream, at most `size` of them; it is read to its end. */
export async function tailOf(bytes: Bytes, size: number): Promise<Uint8Array> {
  let tail: Uint8Array = new Uint8Array();
  for await (const chunk of bytes)
    tail =
      chunk.length >= size
        ? copyOf(chunk.subarray(chunk.length - size))
        : new Uint8Array(Buffer.concat([tail, chunk])).subarray(-size);
  return tail;
}
