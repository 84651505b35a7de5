const windowSize = 64;
const charOffset = 31;
/** A cut where as many low bits are all ones: one byte in 65,536 on average. */
const mask = (1 << 16) - 1;

/**
 * The rolling sum of containers/storage, which is bup's: where the same 64 bytes stand, in whatever file, the same cut is made,
 * so that images share chunks. State: the sum, and the last 64 bytes.
 */
export class RollSum {
  readonly #window = new Uint8Array(windowSize);
  #at = 0;
  #s1 = windowSize * charOffset;
  #s2 = windowSize * (windowSize - 1) * charOffset;

  /** Takes bytes from `start` on up to the first cut, and says where that is: behind the byte that makes it; -1 where there is none before `end`. */
  cut(bytes: Uint8Array, start: number, end: number): number {
    const window = this.#window;
    let [s1, s2, slot] = [this.#s1, this.#s2, this.#at];
    let cut = -1;
    for (let at = start; at < end && cut < 0; at++) {
      const byte = bytes[at] as number;
      const drop = window[slot] as number;
      window[slot] = byte;
      slot = (slot + 1) & (windowSize - 1);
      s1 = (s1 + byte - drop) | 0;
      s2 = (s2 + s1 - windowSize * (drop + charOffset)) | 0;
      if ((s2 & mask) === mask) cut = at + 1;
    }
    [this.#s1, this.#s2, this.#at] = [s1, s2, slot];
    return cut;
  }

  /** The same for zeros, in which no cut is made: after as many as the window holds, nothing moves but the second sum. */
  zeros(count: number): void {
    const zero = new Uint8Array(Math.min(count, windowSize));
    for (let at = 0; at < zero.length; ) {
      const cut = this.cut(zero, at, zero.length);
      at = cut < 0 ? zero.length : cut;
    }
    const left = count - zero.length;
    // Each further zero adds the first sum and takes the offset's share: both are the same each time.
    if (left > 0)
      this.#s2 = Number(
        BigInt.asIntN(32, BigInt(this.#s2) + BigInt(left) * BigInt(this.#s1 - windowSize * charOffset)),
      );
  }
}
