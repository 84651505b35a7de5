import { invalid } from '../errors.ts';
import { lacks, type Span } from '../tree/partial-body.ts';

/** Numbers and parts of bytes in memory at offsets that a file says: none lies outside of it. */
export interface Binary {
  readonly length: number;
  readonly u8: (at: number) => number;
  readonly u16: (at: number, order?: Order) => number;
  readonly u32: (at: number, order?: Order) => number;
  /** A number of 64 bits that is none of more than 53. */
  readonly u64: (at: number, order?: Order) => number;
  /** A view of some of them. */
  readonly part: (at: number, length: number) => Uint8Array;
}

/** Which byte of a number comes first. */
export type Order = 'big' | 'little';

/** How bytes are to be read: which end of a number comes first unless it is said, and what of them is not there. */
interface Reading {
  readonly order?: Order;
  readonly missing?: readonly Span[];
}

/** Bytes to read at offsets; every function throws `invalid` past their end, and where they are missing. */
export function binaryOf(
  bytes: Uint8Array,
  subject: string,
  { order: usual = 'big', missing = [] }: Reading = {},
): Binary {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const held = (at: number, length: number): number => {
    if (!(at >= 0 && length >= 0 && at + length <= bytes.length))
      throw invalid(subject, `${length} bytes at offset ${at}`, `${bytes.length} bytes in all`);
    if (missing.length > 0 && lacks(missing, { start: at, end: at + length }))
      throw invalid(subject, `${length} bytes at offset ${at}`, 'a part that was not read');
    return at;
  };
  const u32 = (at: number, order: Order = usual): number => view.getUint32(held(at, 4), order === 'little');
  return {
    length: bytes.length,
    u8: at => view.getUint8(held(at, 1)),
    u16: (at, order = usual) => view.getUint16(held(at, 2), order === 'little'),
    u32,
    u64(at, order = usual) {
      const [high, low] = order === 'big' ? [u32(at, order), u32(at + 4, order)] : [u32(at + 4, order), u32(at, order)];
      const value = high * 2 ** 32 + low;
      if (!Number.isSafeInteger(value)) throw invalid(subject, `a number of 53 bits at offset ${at}`, 'a larger one');
      return value;
    },
    part: (at, length) => bytes.subarray(held(at, length), at + length),
  };
}
