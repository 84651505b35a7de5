const length = 1 << 20;
const zeros: Buffer = Buffer.alloc(length);

/** So many bytes of nothing, in chunks of `size` (1 MiB at most), which all are the same memory: nobody writes to it. */
export function* zeroChunks(count: number, size: number = length): Generator<Uint8Array> {
  for (let left = count; left > 0; left -= size) yield zeros.subarray(0, Math.min(left, size));
}

/** Whether a chunk is one of `zeroChunks`: nothing that was stored or read. */
export const isHole = (chunk: Uint8Array): boolean => chunk.buffer === zeros.buffer;

/** Whether bytes from `start` to `end`, one at least and 1 MiB at most, are all zeros. What is not is told by its first or last byte, mostly. */
export function isZeros(bytes: Uint8Array, start = 0, end: number = bytes.length): boolean {
  if (bytes[start] !== 0 || bytes[end - 1] !== 0) return false;
  return isHole(bytes) || zeros.compare(bytes, start, end, 0, end - start) === 0;
}

/** What some function makes of a register of 32 bits, bit by bit: the register is the sum (XOR) of its bits, and so is the result. */
type Linear = Uint32Array;

function applied(columns: Linear, register: number): number {
  let sum = 0;
  for (let bit = 0; bit < 32; bit++) if ((register >>> bit) & 1) sum ^= columns[bit] as number;
  return sum >>> 0;
}

/** What one zero bit, taken in, makes of a CRC-32's register (RFC 1952 §8). */
const oneBit: Linear = Uint32Array.from({ length: 32 }, (_, bit) => (bit === 0 ? 0xedb88320 : 2 ** (bit - 1)));

/**
 * CRC-32 of 2^`power` bytes of zeros, continued from a CRC: a function that looks at none of them. Twice as many zeros
 * are the same function done twice.
 */
export function crcOfZeros(power: number): (previous: number) => number {
  let columns = oneBit;
  for (let doubling = 0; doubling < power + 3; doubling++) {
    const half = columns;
    columns = half.map(register => applied(half, register));
  }
  return previous => ~applied(columns, ~previous >>> 0) >>> 0;
}
