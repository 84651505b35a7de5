import * as crypto from 'node:crypto';
import * as zlib from 'node:zlib';
import { unsupported } from '../errors.ts';
import { once } from './bytes.ts';
import { crc32, levelFor } from './deflater.ts';
import type { DeflateOptions, Engine, HashAlgorithm, Hasher } from './engine.ts';
import { gunzip } from './gunzip.ts';
import { gzipHeader, gzipTrailer } from './gzip-frame.ts';
import { gzip } from './node-gzip.ts';

function createNodeHash(algorithm: HashAlgorithm): Hasher {
  if (algorithm === 'blake3') {
    throw unsupported('blake3', 'sha256 or sha512', 'an algorithm of the portable engine only');
  }
  const hash = crypto.createHash(algorithm);
  return {
    update(bytes) {
      hash.update(bytes);
    },
    digest: () => hash.digest('hex'),
  };
}

/** The sha256 of bytes that are whole in memory: where there are many small ones, to set up a running hash takes longer than to hash them. */
export function sha256Of(bytes: Uint8Array): string {
  const { hash } = crypto as { readonly hash?: typeof crypto.hash };
  return hash === undefined ? crypto.createHash('sha256').update(bytes).digest('hex') : hash('sha256', bytes, 'hex');
}

/** Up to so many bytes are deflated before another thread would have begun. */
const smallSize = 1 << 16;

async function gzipWhole(bytes: Uint8Array, options: DeflateOptions): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  if (bytes.length > smallSize) for await (const part of gzip(once(bytes), options)) parts.push(part);
  else {
    const level = levelFor(bytes, options.level);
    const deflated = zlib.deflateRawSync(bytes, { level, chunkSize: smallSize });
    parts.push(gzipHeader, deflated, gzipTrailer(crc32(bytes, 0), bytes.length));
  }
  return Buffer.concat(parts);
}

/** node:crypto and node:zlib over the thread pool: carries the work. Its gzip bytes are the same on every official build of Node. */
export const nodeEngine: Engine = { name: 'zlib', createHash: createNodeHash, crc32, gunzip, gzip, gzipWhole };
