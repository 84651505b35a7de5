import { nodeZstdEncoder } from './node-zstd-encoder.ts';
import { type OwnCodec, openCodec } from './wasm-zstd.ts';
import { type ZstdEncoder, zstdBlock } from './zstd-encoder.ts';

/**
 * Frames one after the other, synchronously: `write` any number of times, then `end`, as often as there are frames. The same
 * frames have the same bytes however what is in them is chunked. State: the frame in the making.
 */
export class ZstdFrames {
  readonly #own: OwnCodec;
  readonly #level: number;
  readonly #whole: NonNullable<ZstdEncoder['whole']>;
  readonly #block = new Uint8Array(zstdBlock);
  #filled = 0;
  #isOpen = false;

  private constructor(own: OwnCodec, level: number, encoder: ZstdEncoder | undefined) {
    this.#own = own;
    this.#level = level;
    this.#whole = encoder?.whole ?? ((bytes, level) => own.codec.compress(bytes, level));
  }

  /** `level` is 1 to 19. Most frames are of one block, which Node's own zstd makes sooner, where it makes these bytes. */
  static async open(level: number, encoder: ZstdEncoder | undefined = nodeZstdEncoder()): Promise<ZstdFrames> {
    return new ZstdFrames(await openCodec(), level, encoder);
  }

  close(): void {
    this.#own.close();
  }

  /** What has been compressed meanwhile. */
  *write(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#filled === zstdBlock) yield this.#flush();
      const part = bytes.subarray(at, at + zstdBlock - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
  }

  /** The rest of the frame; nothing where nothing has been written. A frame of one block says its size. */
  *end(): Generator<Uint8Array> {
    if (!this.#isOpen) {
      if (this.#filled > 0) yield this.#whole(this.#block.subarray(0, this.#filled), this.#level);
    } else {
      yield this.#flush();
      yield this.#own.codec.compressEnd();
    }
    this.#filled = 0;
    this.#isOpen = false;
  }

  #flush(): Uint8Array {
    const { codec } = this.#own;
    if (!this.#isOpen) {
      codec.reset();
      codec.setCompressionLevel(this.#level);
      this.#isOpen = true;
    }
    const compressed = codec.compressChunk(this.#block.subarray(0, this.#filled));
    this.#filled = 0;
    return compressed;
  }
}
