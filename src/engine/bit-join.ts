const allBits = 8;
/** An empty stored block behind its three bits, at the beginning of a byte (RFC 1951 §3.2.4). */
const emptyStored = [0, 0, 0xff, 0xff] as const;

type Put = (value: number, bits: number) => void;

/** A block of nothing with the fixed codes, 10 bits. */
const putFixed = (put: Put): void => put(0b0000000_010, 10);

/** The lengths 2 of the code of length 18, 2 of length 0 and 1 of length 1, in their order (§3.2.7). */
const orderedLengths = [0, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] as const;

/** A block of nothing with codes of its own, 93 bits: 256 lengths of 0, 1 for the end of the block, and no distance. */
function putDynamic(put: Put): void {
  put(0b100, 3);
  put(0, 10);
  put(orderedLengths.length - 4, 4);
  for (const length of orderedLengths) put(length, 3);
  for (const zeros of [138, 118]) {
    put(0b11, 2);
    put(zeros - 11, 7);
  }
  put(0, 1);
  put(0b01, 2);
  put(0, 1);
}

/**
 * Joins pieces of deflate streams, which begin and end at any bit. A piece keeps its bits' places in their bytes, as blocks in it may
 * begin with a byte: blocks of nothing come before it until they fit. State: the bits that make no byte yet.
 */
export class BitJoin {
  #bits = 0;
  #count = 0;

  /** The whole bytes that there are with these bits, from `from` up to before `to`, of which there are more than a byte: most of them are not copied. */
  *add(bytes: Uint8Array, from: number, to: number): Generator<Uint8Array> {
    const filling = this.#fill(from & 7);
    const [first, end] = [from >> 3, to >> 3];
    const before = (1 << this.#count) - 1;
    yield Uint8Array.from([...filling, this.#bits | ((bytes[first] as number) & ~before)]);
    yield bytes.subarray(first + 1, end);
    this.#count = to & 7;
    this.#bits = (bytes[end] ?? 0) & ((1 << this.#count) - 1);
  }

  /** The bits that are left, up to the beginning of a byte, where anything else may follow. */
  end(): Uint8Array {
    const bytes = this.#count + 3 > allBits ? 2 : 1;
    const out = Buffer.alloc(bytes + emptyStored.length);
    out[0] = this.#bits;
    out.set(emptyStored, bytes);
    [this.#bits, this.#count] = [0, 0];
    return out;
  }

  /** Blocks of nothing until so many bits are left. */
  #fill(count: number): readonly number[] {
    const out: number[] = [];
    const put: Put = (value, bits) => {
      for (let bit = 0; bit < bits; bit++) {
        this.#bits |= ((value >> bit) & 1) << this.#count++;
        if (this.#count < allBits) continue;
        out.push(this.#bits);
        [this.#bits, this.#count] = [0, 0];
      }
    };
    if (((count - this.#count) & 1) === 1) putDynamic(put);
    while (this.#count !== count) putFixed(put);
    return out;
  }
}
