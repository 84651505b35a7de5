const bufferSize = 1 << 20;

/** Bytes gathered into one buffer, so that a hundred thousand small files are a few hundred chunks. */
export class Gather {
  readonly #buffer = Buffer.allocUnsafe(bufferSize);
  #filled = 0;

  /** Takes the bytes, or is false where there is no room left for them. */
  add(bytes: Uint8Array): boolean {
    if (this.#filled + bytes.length > bufferSize) return false;
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
    return true;
  }

  /** Room for bytes that their writer puts there at once, if `taken` is called next; undefined where there is not so much left. */
  room(size: number): Uint8Array | undefined {
    return this.#filled + size > bufferSize ? undefined : this.#buffer.subarray(this.#filled, this.#filled + size);
  }

  /** So many bytes have been put there. */
  taken(size: number): void {
    this.#filled += size;
  }

  /** What was gathered, valid until the next `add`. */
  *take(): Generator<Uint8Array> {
    const filled = this.#filled;
    this.#filled = 0;
    if (filled > 0) yield this.#buffer.subarray(0, filled);
  }

  /** Adds bytes of any length; what finds no room in an empty buffer passes through. */
  *addAll(bytes: Uint8Array): Generator<Uint8Array> {
    if (this.add(bytes)) return;
    yield* this.take();
    if (bytes.length >= bufferSize) yield bytes;
    else this.add(bytes);
  }
}
