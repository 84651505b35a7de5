/** Gathers units of a known length out of chunks, one after another. One that lies in a chunk whole is not copied. State: what has come of it. */
export class TarUnit {
  #length: number;
  #held: Buffer;
  /** Bytes of the unit that have come. */
  #filled = 0;
  /** Where the unit lies once it is whole: from `at` in `block`, valid until the next chunk. */
  block: Buffer;
  at = 0;

  constructor(length: number) {
    this.#length = length;
    this.#held = Buffer.alloc(length);
    this.block = this.#held;
  }

  get isEmpty(): boolean {
    return this.#filled === 0;
  }

  get isWhole(): boolean {
    return this.#filled === this.#length;
  }

  /** A unit of that length is to come. */
  begin(length: number): void {
    this.#length = length;
    this.#filled = 0;
  }

  /** Takes what it still needs of the bytes from `at`, and says how many that were. */
  add(bytes: Buffer, at: number): number {
    const length = Math.min(this.#length - this.#filled, bytes.length - at);
    if (length === this.#length) {
      this.block = bytes;
      this.at = at;
    } else {
      if (this.#held.length < this.#length) this.#held = Buffer.allocUnsafe(this.#length);
      bytes.copy(this.#held, this.#filled, at, at + length);
      this.block = this.#held;
      this.at = 0;
    }
    this.#filled += length;
    return length;
  }
}
