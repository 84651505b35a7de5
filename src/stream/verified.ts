import { engineFor } from '../engine/choose.ts';
import type { Bytes } from '../engine/engine.ts';
import { broken } from '../errors.ts';
import { algorithmOf, encodedOf } from '../spec/digest.ts';
import type { Descriptor } from '../spec/objects.ts';

/** Throws `invalid` unless `encoded` (hexadecimal) is the descriptor's digest. */
function checkDigest(encoded: string, descriptor: Descriptor, subject: string): void {
  if (encoded === encodedOf(descriptor.digest)) return;
  throw broken('digest', subject, {
    expected: `digest ${descriptor.digest}`,
    got: `${algorithmOf(descriptor.digest)}:${encoded}`,
  });
}

/** Throws `invalid` unless `bytes` have the digest and size (bytes) that the descriptor gives. */
export async function checkBytes(bytes: Uint8Array, descriptor: Descriptor, subject: string): Promise<void> {
  if (bytes.length !== descriptor.size)
    throw broken('size', subject, { expected: `a size of ${descriptor.size} bytes`, got: `${bytes.length}` });
  const algorithm = algorithmOf(descriptor.digest);
  const hasher = (await engineFor(algorithm)).createHash(algorithm);
  hasher.update(bytes);
  checkDigest(hasher.digest(), descriptor, subject);
}

/** The same bytes; where they have not the descriptor's size and digest, an `invalid` error after the last of them. */
export async function* verified(bytes: Bytes | Iterable<Uint8Array>, descriptor: Descriptor, subject: string): Bytes {
  const algorithm = algorithmOf(descriptor.digest);
  const hasher = (await engineFor(algorithm)).createHash(algorithm);
  let size = 0;
  for await (const chunk of bytes) {
    hasher.update(chunk);
    size += chunk.length;
    if (size > descriptor.size)
      throw broken('size', subject, { expected: `a size of ${descriptor.size} bytes`, got: 'more' });
    yield chunk;
  }
  if (size !== descriptor.size)
    throw broken('size', subject, { expected: `a size of ${descriptor.size} bytes`, got: `${size}` });
  checkDigest(hasher.digest(), descriptor, subject);
}
