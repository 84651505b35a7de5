import { blake3 } from '@noble/hashes/blake3.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { Deflate } from 'fflate';
import { copyOf, once, reblock } from './bytes.ts';
import type { Bytes, DeflateOptions, Engine, HashAlgorithm, Hasher } from './engine.ts';
import { gzipHeader, gzipTrailer } from './gzip-frame.ts';
import { portableGunzip } from './portable-gunzip.ts';

/** fflate's output depends on how its input is cut: blocks of one size make it depend on the bytes alone. */
const blockSize = 1 << 20;

const algorithms = { sha256, sha512, blake3 } as const;

function createHash(algorithm: HashAlgorithm): Hasher {
  const hash = algorithms[algorithm].create();
  return {
    update(bytes) {
      hash.update(bytes);
    },
    digest: () => bytesToHex(hash.digest()),
  };
}

const table: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

function crc32(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] as number);
  return ~crc >>> 0;
}

async function* gzip(bytes: Bytes, { level }: DeflateOptions): Bytes {
  yield gzipHeader;
  let output: Uint8Array[] = [];
  let crc = 0;
  let length = 0;
  const deflate = new Deflate({ level: level as 6 }, chunk => output.push(chunk));
  for await (const { block, last } of reblock(bytes, blockSize, 0)) {
    crc = crc32(block, crc);
    length += block.length;
    deflate.push(block, last);
    yield* output;
    output = [];
  }
  yield gzipTrailer(crc, length);
}

async function gzipWhole(bytes: Uint8Array, options: DeflateOptions): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of gzip(once(bytes), options)) parts.push(copyOf(part));
  return Buffer.concat(parts);
}

/** Pure JavaScript: the same bytes on every machine and build, blake3, and the cross-check of the accelerated engine. */
export const portableEngine: Engine = {
  name: 'portable',
  createHash,
  crc32,
  gunzip: (bytes, subject) => portableGunzip(bytes, { subject, crc32 }),
  gzip,
  gzipWhole,
};
