import { copyOf } from '../engine/bytes.ts';
import type { Bytes } from '../engine/engine.ts';

/**
 * The same bytes in chunks that stay what they are: sources use one buffer again, and whoever is handed a stream out of the library
 * may read ahead, as Node's own streams do, or keep all of it.
 */
export async function* ownChunks(bytes: Bytes): Bytes {
  for await (const chunk of bytes) yield copyOf(chunk);
}
