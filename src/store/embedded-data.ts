import { engineFor } from '../engine/choose.ts';
import { invalid } from '../errors.ts';
import { algorithmOf, encodedOf } from '../spec/digest.ts';
import type { Descriptor } from '../spec/objects.ts';

/** Throws `invalid` unless `bytes` have the digest and size (bytes) that the descriptor gives. */
export async function checkBytes(bytes: Uint8Array, descriptor: Descriptor, subject: string): Promise<void> {
  if (bytes.length !== descriptor.size) throw invalid(subject, `a size of ${descriptor.size} bytes`, `${bytes.length}`);
  const algorithm = algorithmOf(descriptor.digest);
  const hasher = (await engineFor(algorithm)).createHash(algorithm);
  hasher.update(bytes);
  checkDigest(hasher.digest(), descriptor, subject);
}

/** Throws `invalid` unless `encoded` (hexadecimal) is the descriptor's digest. */
export function checkDigest(encoded: string, descriptor: Descriptor, subject: string): void {
  if (encoded === encodedOf(descriptor.digest)) return;
  throw invalid(subject, `digest ${descriptor.digest}`, `${algorithmOf(descriptor.digest)}:${encoded}`);
}

/** The content that a descriptor carries in its `data` field, checked; undefined where it carries none (image-spec descriptor.md). */
export async function embeddedData(descriptor: Descriptor, subject: string): Promise<Uint8Array | undefined> {
  const { data } = descriptor;
  if (data === undefined || data === null) return undefined;
  const bytes = Buffer.from(data, 'base64');
  // Node decodes leniently: only the one standard spelling comes back the same.
  if (bytes.toString('base64') !== data)
    throw invalid(`${subject}: data`, 'standard base64 (RFC 4648, section 4)', 'something else');
  await checkBytes(bytes, descriptor, `${subject}: data`);
  return bytes;
}
