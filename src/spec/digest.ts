import type { HashAlgorithm } from '../engine/engine.ts';
import { nodeEngine } from '../engine/node.ts';
import { invalid, unsupported } from '../errors.ts';
import { digestLimit } from '../limits.ts';

declare const brand: unique symbol;
/** A nominal mark, so that a string of one meaning is not passed for another. */
type Brand<Name extends string> = { readonly [brand]: Name };

/** `algorithm:encoded` of bytes as stored (image-spec descriptor.md, "Digests"). */
export type Digest = `${string}:${string}`;
/** Digest of a layer's uncompressed tar (image-spec config.md). */
export type DiffID = Digest & Brand<'DiffID'>;

const grammar = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/;
/** Hexadecimal digits of the algorithms that ocikit computes. */
const lengths: Readonly<Record<HashAlgorithm, number>> = { sha256: 64, sha512: 128, blake3: 64 };

/** Whether a text fits the digest grammar, whatever its algorithm. */
export function isDigest(text: string): text is Digest {
  return text.length <= digestLimit && grammar.test(text);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value.slice(0, 160)}'` : value === null ? 'null' : typeof value;
}

/** A digest that ocikit can check. `invalid` where it is none, `unsupported` for an algorithm that it does not compute. */
export function parseDigest(text: unknown, subject: string): Digest {
  if (typeof text !== 'string' || !isDigest(text)) throw invalid(subject, 'a digest (algorithm:encoded)', shown(text));
  const algorithm = text.slice(0, text.indexOf(':'));
  if (!Object.hasOwn(lengths, algorithm)) throw unsupported(subject, 'a sha256, sha512 or blake3 digest', shown(text));
  const encoded = text.slice(algorithm.length + 1);
  const length = lengths[algorithm as HashAlgorithm];
  if (encoded.length !== length || !/^[a-f0-9]+$/.test(encoded)) {
    throw invalid(subject, `a ${algorithm} digest of ${length} lower-case hexadecimal digits`, shown(text));
  }
  return text;
}

export function algorithmOf(digest: Digest): HashAlgorithm {
  return digest.slice(0, digest.indexOf(':')) as HashAlgorithm;
}

export function encodedOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** The digest of a few bytes. */
export function digestOf(bytes: Uint8Array, algorithm: 'sha256' | 'sha512' = 'sha256'): Digest {
  const hasher = nodeEngine.createHash(algorithm);
  hasher.update(bytes);
  return `${algorithm}:${hasher.digest()}`;
}

/** A diffID from a sha256 in hexadecimal. */
export function diffIDOf(hexadecimal: string): DiffID {
  return `sha256:${hexadecimal}` as DiffID;
}
