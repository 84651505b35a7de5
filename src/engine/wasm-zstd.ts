import type { Zstd } from '@hpcc-js/wasm-zstd';
import { reblock } from './bytes.ts';
import type { Bytes } from './engine.ts';

const compressBlock = 1 << 20;

/** What 1.12.5 (pinned) keeps in its one codec: a stream's state, and the class that makes another. */
type CodecParts = Record<'_zstd', { delete(): void }> & Record<'_zstdClass', new () => { delete(): void }>;

/** A codec with a stream of its own on the same module: the package hands out one for all, and two streams would mix. */
function ownCodec(shared: Zstd): { readonly codec: Zstd; readonly close: () => void } {
  const codec = Object.assign(Object.create(Object.getPrototypeOf(shared)), shared) as Zstd;
  const parts = codec as unknown as CodecParts;
  parts._zstd = new parts._zstdClass();
  return { codec, close: () => parts._zstd.delete() };
}

/**
 * One zstd frame in blocks of fixed size: the same input gives the same bytes however it is chunked, and on every machine.
 * Node's own zstd is faster, but each Node has the version of its day, and versions write other bytes. `level` is 1 to 19.
 */
export async function* zstd(bytes: Bytes, options: { readonly level: number }): Bytes {
  const { Zstd } = await import('@hpcc-js/wasm-zstd');
  const { codec, close } = ownCodec(await Zstd.load());
  try {
    codec.reset();
    codec.setCompressionLevel(options.level);
    for await (const { block } of reblock(bytes, compressBlock, 0)) yield codec.compressChunk(block);
    yield codec.compressEnd();
  } finally {
    close();
  }
}

/**
 * Frames one after the other, synchronously: `write` any number of times, then `end`, as often as there are frames. The same
 * frames have the same bytes however what is in them is chunked. State: the frame in the making.
 */
export class ZstdFrames {
  readonly #codec: Zstd;
  readonly #level: number;
  readonly #block = new Uint8Array(compressBlock);
  readonly close: () => void;
  #filled = 0;
  #isOpen = false;

  private constructor(codec: Zstd, { level, close }: { readonly level: number; readonly close: () => void }) {
    this.#codec = codec;
    this.#level = level;
    this.close = close;
  }

  /** `level` is 1 to 19. */
  static async open(level: number): Promise<ZstdFrames> {
    const { Zstd } = await import('@hpcc-js/wasm-zstd');
    const { codec, close } = ownCodec(await Zstd.load());
    return new ZstdFrames(codec, { level, close });
  }

  /** What has been compressed meanwhile. */
  *write(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#filled === compressBlock) yield this.#flush();
      const part = bytes.subarray(at, at + compressBlock - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
  }

  /** The rest of the frame; nothing where nothing has been written. A frame of one block says its size. */
  *end(): Generator<Uint8Array> {
    if (!this.#isOpen) {
      if (this.#filled > 0) yield this.#codec.compress(this.#block.subarray(0, this.#filled), this.#level);
    } else {
      yield this.#flush();
      yield this.#codec.compressEnd();
    }
    this.#filled = 0;
    this.#isOpen = false;
  }

  #flush(): Uint8Array {
    if (!this.#isOpen) {
      this.#codec.reset();
      this.#codec.setCompressionLevel(this.#level);
      this.#isOpen = true;
    }
    const compressed = this.#codec.compressChunk(this.#block.subarray(0, this.#filled));
    this.#filled = 0;
    return compressed;
  }
}
