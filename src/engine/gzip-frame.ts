import type { Bytes } from './engine.ts';

/** A gzip header that says nothing of clock, name or machine (RFC 1952: mtime 0, XFL 0, OS 3). */
export const gzipHeader: Uint8Array = Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);

/** CRC-32 and length modulo 2^32, little-endian. */
export function gzipTrailer(crc: number, length: number): Uint8Array {
  const trailer = new Uint8Array(8);
  const view = new DataView(trailer.buffer);
  view.setUint32(0, crc, true);
  view.setUint32(4, length % 2 ** 32, true);
  return trailer;
}

/**
 * The same bytes in blocks of exactly `size`, the last one shorter and flagged; one empty last block where there are no
 * bytes. A block is valid until `kept` more have been asked for.
 */
export async function* reblock(
  bytes: Bytes,
  size: number,
  kept: number,
): AsyncGenerator<{ readonly block: Uint8Array; readonly last: boolean }> {
  const blocks: Uint8Array[] = [];
  let turn = 0;
  let filled = 0;
  const next = (): Uint8Array => {
    const at = turn++ % (kept + 1);
    blocks[at] ??= new Uint8Array(size);
    return blocks[at];
  };
  let block = next();
  for await (const chunk of bytes) {
    let offset = 0;
    while (offset < chunk.length) {
      if (filled === size) {
        yield { block, last: false };
        block = next();
        filled = 0;
      }
      const part = chunk.subarray(offset, offset + size - filled);
      block.set(part, filled);
      filled += part.length;
      offset += part.length;
    }
  }
  yield { block: block.subarray(0, filled), last: true };
}
