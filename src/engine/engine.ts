import type { DeflatedBlocks } from './deflated-blocks.ts';
import type { Taken } from './taken.ts';

/** Digest algorithms that ocikit can compute (image-spec descriptor.md; blake3 is registered after 1.1.1). */
export type HashAlgorithm = 'sha256' | 'sha512' | 'blake3';

/** A running hash. `digest` ends it and gives lower-case hexadecimal. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  digest(): string;
}

/** A stream of bytes in chunks of any size. Within ocikit a chunk is valid until the next is asked for; those of a stream that the library hands out stay as they are. */
export type Bytes = AsyncIterable<Uint8Array>;

export interface DeflateOptions {
  /** 0 (stored) to 9. */
  readonly level: number;
  /** What the bytes take over in deflated form from streams that are inflated for them; an engine may deflate all anew. */
  readonly taken?: Taken | undefined;
}

/** The arithmetic that everything else stands on. One contract suite runs over every implementation. */
export interface Engine {
  readonly name: 'zlib' | 'portable';
  createHash(algorithm: HashAlgorithm): Hasher;
  /** CRC-32 (RFC 1952) of `bytes`, continued from `previous` (0 at the start). */
  crc32(bytes: Uint8Array, previous?: number): number;
  /** All members of a gzip stream (RFC 1952); CRC and length are checked, trailing zero bytes are allowed, anything else is an error with its offset. `blocks` is told of what is inflated, where the engine can. */
  gunzip(bytes: Bytes, subject: string, blocks?: DeflatedBlocks): Bytes;
  /** One gzip member with a fixed header (mtime 0, OS 3). The same input gives the same bytes however it is chunked. */
  gzip(bytes: Bytes, options: DeflateOptions): Bytes;
  /** The same member of bytes that are in memory. */
  gzipWhole(bytes: Uint8Array, options: DeflateOptions): Promise<Uint8Array>;
}
