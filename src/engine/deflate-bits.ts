/** Bits of a deflate stream in the order in which they are read, the lowest of each byte first (RFC 1951 §3.1.1). Beyond its end are zeros. State: where it stands. */
export class DeflateBits {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  bit(): number {
    const bit = ((this.#bytes[this.at >> 3] ?? 0) >> (this.at & 7)) & 1;
    this.at += 1;
    return bit;
  }

  /** A number of so many bits. */
  read(count: number): number {
    let value = 0;
    for (let bit = 0; bit < count; bit++) value |= this.bit() << bit;
    return value;
  }

  align(): void {
    this.at = (this.at + 7) & ~7;
  }

  get isPast(): boolean {
    return this.at > 8 * this.#bytes.length;
  }
}

const longest = 15;

/** A prefix code (RFC 1951 §3.2.2): how many symbols have each length, and the symbols in the order of their codes. */
export interface PrefixCode {
  readonly lengths: Uint8Array;
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

/**
 * The code of these lengths. Undefined where there is none, or one that leaves codes over: zlib takes such a one only of a single
 * symbol of one bit, where `mayBeOne`, and none at all.
 */
export function prefixCode(lengths: Uint8Array, mayBeOne: boolean): PrefixCode | undefined {
  const counts = new Uint16Array(longest + 1);
  // Iterators would be a sixth of all that a squash asks memory for.
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] as number;
    counts[length] = (counts[length] as number) + 1;
  }
  const used = lengths.length - (counts[0] as number);
  let left = 1;
  for (let length = 1; length <= longest; length++) {
    left = 2 * left - (counts[length] as number);
    if (left < 0) return undefined;
  }
  const isOne = mayBeOne && (used === 0 || (used === 1 && counts[1] === 1));
  if (left > 0 && !isOne) return undefined;
  const offsets = new Uint16Array(longest + 2);
  for (let length = 1; length <= longest; length++)
    offsets[length + 1] = (offsets[length] as number) + (counts[length] as number);
  const symbols = new Uint16Array(used);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] as number;
    const at = offsets[length] as number;
    if (length > 0) symbols[at] = symbol;
    offsets[length] = at + 1;
  }
  return { lengths, counts, symbols };
}

/** The next symbol, or undefined where the bits are no code. */
export function nextSymbol(bits: DeflateBits, { counts, symbols }: PrefixCode): number | undefined {
  let [code, first, index] = [0, 0, 0];
  for (let length = 1; length <= longest; length++) {
    const count = counts[length] as number;
    code |= bits.bit();
    if (code - first < count) return symbols[index + code - first];
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  return undefined;
}

/** The bits of one symbol's code, which come from the highest down. */
export function codeOf(
  { lengths, counts, symbols }: PrefixCode,
  symbol: number,
): { readonly code: number; readonly length: number } {
  const length = lengths[symbol] as number;
  let [first, index] = [0, 0];
  for (let shorter = 1; shorter < length; shorter++) {
    index += counts[shorter] as number;
    first = (first + (counts[shorter] as number)) << 1;
  }
  return { code: first + symbols.indexOf(symbol, index) - index, length };
}
