import type { Bytes } from './engine.ts';

/** The same bytes in memory of their own. A `Buffer`'s own `slice` is a view of the memory that its source uses again. */
export const copyOf = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

/**
 * Gathers bytes to blocks of exactly `size`. A block is valid until `kept` more have been begun. State: the block in the making.
 */
export class Reblocker {
  readonly #size: number;
  readonly #blocks: Uint8Array[];
  #turn = 0;
  #filled = 0;

  constructor(size: number, kept: number) {
    this.#size = size;
    this.#blocks = new Array(kept + 1);
  }

  get isEmpty(): boolean {
    return this.#filled === 0;
  }

  /** The blocks that are full and not the last, as more bytes follow them. */
  *add(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#filled === this.#size) yield this.take();
      this.#blocks[this.#turn] ??= new Uint8Array(this.#size);
      const part = bytes.subarray(at, at + this.#size - this.#filled);
      (this.#blocks[this.#turn] as Uint8Array).set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
  }

  /** What the block in the making has, which is none of it any more. */
  take(): Uint8Array {
    const block = this.#blocks[this.#turn]?.subarray(0, this.#filled) ?? new Uint8Array(0);
    this.#turn = (this.#turn + 1) % this.#blocks.length;
    this.#filled = 0;
    return block;
  }
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
  const blocks = new Reblocker(size, kept);
  for await (const chunk of bytes) for (const block of blocks.add(chunk)) yield { block, last: false };
  yield { block: blocks.take(), last: true };
}

/** Bytes that are in memory, as a stream. */
export async function* once(bytes: Uint8Array): Bytes {
  yield bytes;
}
