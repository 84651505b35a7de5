import { invalid } from '../errors.ts';

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

/** Bytes to read at offsets; every function throws `invalid` past their end. */
export function binaryOf(bytes: Uint8Array, subject: string, usual: Order = 'big'): Binary {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const held = (at: number, length: number): number => {
    if (!(at >= 0 && length >= 0 && at + length <= bytes.length))
      throw invalid(subject, `${length} bytes at offset ${at}`, `${bytes.length} bytes in all`);
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
