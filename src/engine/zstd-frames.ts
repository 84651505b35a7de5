import { Reblocker } from './bytes.ts';
import { openZstdEncoder } from './compress-zstd.ts';
import type { ZstdEncoder } from './zstd-encoder.ts';

/** Content of a frame: what of a stream in the making is held. */
const size = 1 << 20;

/**
 * Streams of frames one after the other, synchronously: `write` any number of times, then `end`, as often as there are streams. The same
 * streams have the same bytes however what is in them is chunked. Most are one frame. State: the frame in the making.
 */
export class ZstdFrames {
  readonly #level: number;
  readonly #encoder: ZstdEncoder;
  readonly #blocks = new Reblocker(size, 0);

  private constructor(level: number, encoder: ZstdEncoder) {
    this.#level = level;
    this.#encoder = encoder;
  }

  /** `level` is 1 to 19. */
  static async open(level: number, encoder?: ZstdEncoder): Promise<ZstdFrames> {
    return new ZstdFrames(level, encoder ?? (await openZstdEncoder()));
  }

  /** What has been compressed meanwhile. */
  *write(bytes: Uint8Array): Generator<Uint8Array> {
    for (const block of this.#blocks.add(bytes)) yield this.#encoder.whole(block, this.#level);
  }

  /** The rest of the stream; nothing where nothing has been written. */
  *end(): Generator<Uint8Array> {
    if (!this.#blocks.isEmpty) yield this.#encoder.whole(this.#blocks.take(), this.#level);
  }
}
