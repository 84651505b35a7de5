import { codeOf, DeflateBits, nextSymbol, type PrefixCode, prefixCode } from './deflate-bits.ts';

/** What a block's header says (RFC 1951 §3.2.3). */
interface BlockHeader {
  readonly isLast: boolean;
  /** Undefined for a block that is stored as it is. */
  readonly codes: { readonly literals: PrefixCode; readonly distances: PrefixCode } | undefined;
  /** Bytes of a block that is stored as it is. */
  readonly length: number;
}

const endOfBlock = 256;
const fixedLengths = new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280);
const fixed = {
  literals: prefixCode(fixedLengths, false) as PrefixCode,
  distances: prefixCode(new Uint8Array(32).fill(5), false) as PrefixCode,
};
const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;

/** The lengths that codes of lengths say (§3.2.7). */
function readLengths(bits: DeflateBits, code: PrefixCode, count: number): Uint8Array | undefined {
  const lengths = new Uint8Array(count);
  for (let at = 0; at < count; ) {
    const symbol = nextSymbol(bits, code);
    if (symbol === undefined || bits.isPast) return undefined;
    if (symbol < 16) {
      lengths[at++] = symbol;
      continue;
    }
    if (symbol === 16 && at === 0) return undefined;
    const times = symbol === 16 ? 3 + bits.read(2) : symbol === 17 ? 3 + bits.read(3) : 11 + bits.read(7);
    if (at + times > count) return undefined;
    lengths.fill(symbol === 16 ? (lengths[at - 1] as number) : 0, at, at + times);
    at += times;
  }
  return lengths;
}

function dynamicCodes(bits: DeflateBits): BlockHeader['codes'] {
  const [literalCount, distanceCount, ordered] = [257 + bits.read(5), 1 + bits.read(5), 4 + bits.read(4)];
  if (literalCount > 286 || distanceCount > 30) return undefined;
  const ofLengths = new Uint8Array(lengthOrder.length);
  for (const symbol of lengthOrder.slice(0, ordered)) ofLengths[symbol] = bits.read(3);
  const code = prefixCode(ofLengths, false);
  const lengths = code && readLengths(bits, code, literalCount + distanceCount);
  if (lengths === undefined || lengths[endOfBlock] === 0) return undefined;
  const literals = prefixCode(lengths.subarray(0, literalCount), true);
  const distances = prefixCode(lengths.subarray(literalCount), true);
  return literals && distances && { literals, distances };
}

/** The header that stands here, or undefined where there can be none; zlib takes whatever is taken here, and nothing else. */
function readHeader(bits: DeflateBits): BlockHeader | undefined {
  const isLast = bits.bit() === 1;
  const type = bits.read(2);
  if (type === 0) {
    bits.align();
    const length = bits.read(16);
    return (bits.read(16) ^ 0xffff) === length ? { isLast, codes: undefined, length } : undefined;
  }
  const codes = type === 1 ? fixed : type === 2 ? dynamicCodes(bits) : undefined;
  return codes && { isLast, codes, length: 0 };
}

/** What is looked at of what a block comes to: more than any other bits come to by chance. */
const looked = 32;
const lengthBases = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
] as const;
const distanceBases = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
] as const;
const lengthBits = (code: number): number => (code < 8 || code === 28 ? 0 : (code >> 2) - 1);
const distanceBits = (code: number): number => (code < 4 ? 0 : (code >> 1) - 1);

/** How far a match at `at` reaches and goes back; undefined where it says what there is not. */
function readMatch(
  bits: DeflateBits,
  symbol: number,
  distances: PrefixCode,
): { length: number; distance: number } | undefined {
  const code = symbol - endOfBlock - 1;
  const base = lengthBases[code];
  if (base === undefined) return undefined;
  const length = base + bits.read(lengthBits(code));
  const back = nextSymbol(bits, distances);
  const distanceBase = back === undefined ? undefined : distanceBases[back];
  if (back === undefined || distanceBase === undefined) return undefined;
  return { length, distance: distanceBase + bits.read(distanceBits(back)) };
}

/** What deflated bytes are known to come to: `bytes` from `at` to `end`, after those before. */
interface Known {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly end: number;
}

/** Whether the codes here come to what is known, as far as is looked. */
function comesTo(bits: DeflateBits, { literals, distances }: NonNullable<BlockHeader['codes']>, known: Known): boolean {
  const { bytes } = known;
  const end = Math.min(known.end, known.at + looked);
  for (let at = known.at; ; ) {
    const symbol = nextSymbol(bits, literals);
    if (symbol === undefined || bits.isPast) return false;
    if (at >= end || symbol === endOfBlock) return true;
    if (symbol < endOfBlock) {
      if (bytes[at++] !== symbol) return false;
      continue;
    }
    const match = readMatch(bits, symbol, distances);
    if (match === undefined || match.distance > at || at + match.length > known.end) return false;
    for (const stop = at + match.length; at < stop; at++) if (bytes[at] !== bytes[at - match.distance]) return false;
  }
}

/** A block whose first bit is known. */
export interface FoundBlock {
  /** The first bit of its header. */
  readonly bit: number;
  readonly isLast: boolean;
  readonly codes: BlockHeader['codes'];
  /** Behind its header. */
  readonly body: number;
}

function blockAt(deflated: Uint8Array, bit: number, known: Known): FoundBlock | undefined {
  const bits = new DeflateBits(deflated, bit);
  const header = readHeader(bits);
  if (header === undefined || bits.isPast) return undefined;
  const body = bits.at;
  if (header.codes === undefined) {
    const length = Math.min(header.length, looked);
    const start = body >> 3;
    if (header.length > known.end - known.at) return undefined;
    for (let at = 0; at < length; at++) if (deflated[start + at] !== known.bytes[known.at + at]) return undefined;
  } else if (!comesTo(bits, header.codes, known)) return undefined;
  return { bit, isLast: header.isLast, codes: header.codes, body };
}

/** The only one of the eight bits that may be the one after so many bytes were taken, the last of them perhaps in part, which is what is sought. */
function onlyBit<T>(taken: number, find: (bit: number) => T | undefined): T | undefined {
  let found: T | undefined;
  for (let unused = 0; unused < 8 && unused <= 8 * taken; unused++) {
    const one = find(8 * taken - unused);
    if (one !== undefined && found !== undefined) return undefined;
    found ??= one;
  }
  return found;
}

/**
 * The block that begins in the last of so many bytes, or behind it: zlib says the byte alone. What it comes to is known, and so what
 * is before it, as far back as it may refer. Undefined where more than one bit may be the first.
 */
export const findBlock = (deflated: Uint8Array, taken: number, known: Known): FoundBlock | undefined =>
  onlyBit(taken, bit => blockAt(deflated, bit, known));

/** The bit behind the last one of a block that ends in the last of so many bytes. Undefined where it may be more than one. */
export function findEnd(deflated: Uint8Array, taken: number, { codes, body }: FoundBlock): number | undefined {
  if (codes === undefined) return 8 * taken;
  const { code, length } = codeOf(codes.literals, endOfBlock);
  return onlyBit(taken, bit => {
    if (bit - length < body) return undefined;
    const bits = new DeflateBits(deflated, bit - length);
    for (let left = length - 1; left >= 0; left--) if (bits.bit() !== ((code >> left) & 1)) return undefined;
    return bit;
  });
}
