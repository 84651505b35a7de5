import { inflateRawSync, inflateSync } from 'node:zlib';
import { invalid } from '../errors.ts';

/** Deflated bytes that are in memory (RFC 1951, or RFC 1950 for `zlib`), inflated. Throws `invalid` where they are damaged or come to more than `limit` bytes. */
export function inflateWhole(
  bytes: Uint8Array,
  { form, limit, subject }: { readonly form: 'raw' | 'zlib'; readonly limit: number; readonly subject: string },
): Uint8Array {
  try {
    const options = { maxOutputLength: Math.max(1, limit) };
    return form === 'raw' ? inflateRawSync(bytes, options) : inflateSync(bytes, options);
  } catch {
    throw invalid(subject, `deflated data of at most ${limit} bytes`, 'more, or damaged data');
  }
}
