import { binaryOf } from './binary.ts';

const littleEndian = 0x377f0682;
const [headerSize, frameHeaderSize] = [32, 24];

/** SQLite's running checksum over pairs of words. */
function checksum(bytes: Uint8Array, isBig: boolean, [one, other]: Sums): Sums {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [first, second] = [one, other];
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    first = (first + view.getUint32(at, !isBig) + second) >>> 0;
    second = (second + view.getUint32(at + 4, !isBig) + first) >>> 0;
  }
  return [first, second];
}

type Sums = readonly [number, number];

/**
 * The newest pages of a SQLite write-ahead log by their numbers (fileformat2, "The WAL"): up to the last commit whose salts and checksums
 * fit. None of a log that is empty, that was left over, or that is none.
 */
export function committedPages(log: Uint8Array, subject: string): ReadonlyMap<number, Uint8Array> {
  const committed = new Map<number, Uint8Array>();
  if (log.length < headerSize) return committed;
  const bytes = binaryOf(log, subject);
  const magic = bytes.u32(0);
  if (magic !== littleEndian && magic !== littleEndian + 1) return committed;
  const isBig = magic !== littleEndian;
  const size = bytes.u32(8);
  let sums = checksum(bytes.part(0, 24), isBig, [0, 0]);
  if (sums[0] !== bytes.u32(24) || sums[1] !== bytes.u32(28) || size < 512 || size > 65_536) return committed;
  let pending = new Map<number, Uint8Array>();
  for (let at = headerSize; at + frameHeaderSize + size <= log.length; at += frameHeaderSize + size) {
    if (bytes.u32(at + 8) !== bytes.u32(16) || bytes.u32(at + 12) !== bytes.u32(20)) break;
    const page = bytes.part(at + frameHeaderSize, size);
    sums = checksum(page, isBig, checksum(bytes.part(at, 8), isBig, sums));
    if (sums[0] !== bytes.u32(at + 16) || sums[1] !== bytes.u32(at + 20)) break;
    pending.set(bytes.u32(at), page);
    if (bytes.u32(at + 4) === 0) continue;
    for (const [number, newer] of pending) committed.set(number, newer);
    pending = new Map();
  }
  return committed;
}
