import type { Bytes } from './engine.ts';

/**
 * The bits of a stream, the highest of each byte first. They are read at once, out of a window: `fill` alone waits for the
 * source. Beyond the window are zeros, and `isPast` says that they were read. State: where it stands.
 */
export class BitWindow {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #least: number;
  readonly #bytes: Uint8Array;
  #chunk: Uint8Array = new Uint8Array();
  #isOver = false;
  #at = 0;
  #end = 0;
  /** How many bytes of the stream are before the window. */
  #before = 0;
  #held = 0;
  #count = 0;

  /** `least` is how many bytes the window has after `fill` where the source has as many. */
  constructor(source: Bytes, least: number) {
    this.#source = source[Symbol.asyncIterator]();
    this.#least = least;
    // Room for twice as many: less is moved to the front than has been read since.
    this.#bytes = new Uint8Array(2 * least);
  }

  /** How many bytes have been read of those that are there. */
  get offset(): number {
    return this.#before + Math.min(this.#at - (this.#count >> 3), this.#end);
  }

  get isPast(): boolean {
    return this.#at - (this.#count >> 3) > this.#end;
  }

  async fill(): Promise<void> {
    // What was only looked at is read again: it may have been beyond the end.
    const ahead = this.#count >> 3;
    this.#at -= ahead;
    this.#count -= 8 * ahead;
    this.#held >>>= 8 * ahead;
    while (this.#end - this.#at < this.#least && (await this.#hasChunk())) {
      if (this.#end === this.#bytes.length) this.#move();
      const part = this.#chunk.subarray(0, this.#bytes.length - this.#end);
      this.#bytes.set(part, this.#end);
      this.#end += part.length;
      this.#chunk = this.#chunk.subarray(part.length);
    }
  }

  async #hasChunk(): Promise<boolean> {
    while (this.#chunk.length === 0 && !this.#isOver) {
      const next = await this.#source.next();
      if (next.done === true) this.#isOver = true;
      else this.#chunk = next.value;
    }
    return this.#chunk.length > 0;
  }

  #move(): void {
    this.#bytes.copyWithin(0, this.#at, this.#end);
    this.#before += this.#at;
    this.#end -= this.#at;
    this.#at = 0;
  }

  /** The next bits, 24 at most, which are still to be read. */
  peek(bits: number): number {
    while (this.#count < bits) {
      this.#held = (this.#held << 8) | (this.#at < this.#end ? (this.#bytes[this.#at] as number) : 0);
      this.#at += 1;
      this.#count += 8;
    }
    return (this.#held >>> (this.#count - bits)) & ((1 << bits) - 1);
  }

  /** Passes over bits that have been looked at. */
  skip(bits: number): void {
    this.#count -= bits;
  }

  /** The next bits, 24 at most. */
  read(bits: number): number {
    const value = this.peek(bits);
    this.#count -= bits;
    return value;
  }

  /** Passes over what is left of a byte. */
  align(): void {
    this.#count &= ~7;
  }

  /** Takes all bytes of the window, at the beginning of a byte and after `fill`: none where the source has ended. */
  takeAll(): Uint8Array {
    const all = this.#bytes.subarray(this.#at, this.#end);
    this.#at = this.#end;
    return all;
  }

  /** Whether nothing is left, after `fill`. */
  get isEmpty(): boolean {
    return this.#at >= this.#end;
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
