import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';

const sampleSize = 8192;
/** What the zlib of every official Node so far (20 to 26) makes of the sample at these levels, one after the other. */
const levels = [1, 4, 9] as const;
const golden = '50d2c658d874554a9f6df7d077fb56b209c361846575800fdfbd9503c1e44fbe';

/** Letters, half of them few and half of them many: implementations choose other matches in it, at every level. */
export function lettersOf(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = 1;
  for (let at = 0; at < bytes.length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = 97 + ((state >>> 20) % (at % 512 < 256 ? 3 : 17));
  }
  return bytes;
}

type Deflate = (bytes: Uint8Array, options: { readonly level: number }) => Uint8Array;

/** Whether a deflate makes the bytes that official builds of Node make. A millisecond. */
export function isUsualDeflate(deflate: Deflate): boolean {
  const bytes = lettersOf(sampleSize);
  const hash = createHash('sha256');
  for (const level of levels) hash.update(deflate(bytes, { level }));
  return hash.digest('hex') === golden;
}

let usual: boolean | undefined;

/**
 * Whether the zlib of this runtime makes the bytes that official builds of Node make; a Node built on a system's zlib, or
 * another runtime, may not. What it makes is as good, but has other digests.
 */
export function isUsualZlib(): boolean {
  usual ??= isUsualDeflate(deflateRawSync);
  return usual;
}
