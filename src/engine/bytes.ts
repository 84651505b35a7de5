import type { Bytes } from './engine.ts';

/** The same bytes in memory of their own. A `Buffer`'s own `slice` is a view of the memory that its source uses again. */
export const copyOf = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

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

/** Bytes that are in memory, as a stream. */
export async function* once(bytes: Uint8Array): Bytes {
  yield bytes;
}
