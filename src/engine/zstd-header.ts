import { invalid, unsupported } from '../errors.ts';
import { windowLimit } from '../limits.ts';

/** What a zstd frame says of itself. Bytes. */
export interface Header {
  readonly length: number;
  readonly window: number;
  readonly checksum: boolean;
  readonly contentSize: number | undefined;
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function numberAt(view: DataView, at: number, length: number): number {
  if (length === 1) return view.getUint8(at);
  if (length === 2) return view.getUint16(at, true) + 256;
  return length === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}

/** A frame header after its magic (RFC 8878 §3.1.1.1), or the length that it needs. */
export function parseHeader(bytes: Uint8Array, subject: string): Header | number {
  const descriptor = bytes[0] as number;
  const single = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number;
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >>> 6] as number;
  const before = single ? 1 : 2;
  const length = before + dictionaryBytes + sizeBytes;
  if (bytes.length < length) return length;
  if ((descriptor & 8) !== 0) throw invalid(subject, 'a zstd frame', 'a reserved bit');
  if (bytes.subarray(before, before + dictionaryBytes).some(byte => byte !== 0))
    throw unsupported(subject, 'a zstd frame that needs no dictionary', 'one that does');
  const contentSize = sizeBytes === 0 ? undefined : numberAt(viewOf(bytes), length - sizeBytes, sizeBytes);
  const base = 2 ** (10 + ((bytes[1] as number) >>> 3));
  const window = single ? (contentSize ?? 0) : base + (base / 8) * ((bytes[1] as number) & 7);
  if (window > windowLimit)
    throw invalid(subject, `a zstd window of at most ${windowLimit} bytes of memory`, `${window}`);
  return { length, window, contentSize, checksum: (descriptor & 4) !== 0 };
}

/** The header that the decoder gets: a window as large as is needed, a size and a checksum that are ours to see to. */
export function plainHeader(window: number): Uint8Array {
  const exponent = Math.max(0, Math.ceil(Math.log2(Math.max(window, 1))) - 10);
  return Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3);
}
