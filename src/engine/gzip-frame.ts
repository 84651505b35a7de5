/** A gzip header that says nothing of clock, name or machine (RFC 1952: mtime 0, XFL 0, OS 3). */
export const gzipHeader: Uint8Array = Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);

/** CRC-32 and length modulo 2^32, little-endian. */
export function gzipTrailer(crc: number, length: number): Uint8Array {
  const trailer = new Uint8Array(8);
  const view = new DataView(trailer.buffer);
  view.setUint32(0, crc, true);
  view.setUint32(4, length % 2 ** 32, true);
  return trailer;
}
