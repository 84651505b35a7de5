import * as crypto from 'node:crypto';
import * as zlib from 'node:zlib';
import { unsupported } from '../errors.ts';
import { once, reblock } from './bytes.ts';
import type { Bytes, DeflateOptions, Engine, HashAlgorithm, Hasher } from './engine.ts';
import { gunzip } from './gunzip.ts';
import { gzipHeader, gzipTrailer } from './gzip-frame.ts';
import { crcOfZeros, isZeros } from './zeros.ts';

const blockPower = 20;
const blockSize: number = 1 << blockPower;
/** Blocks that the thread pool deflates at once; more gain nothing. */
const inFlight = 4;
const dictionarySize = 32 * 1024;
/** Room for a deflated block in one piece: each further piece is a round trip between the threads. */
const outputSize = blockSize;
const probes = 4;
const probeSize = 16 * 1024;
const incompressible = 0.97;

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

const crc32 = (zlib as unknown as { crc32(bytes: Uint8Array, previous?: number): number }).crc32;

/** Whether some bytes are so much more frequent than others that their codes alone save space. In whole numbers: the same everywhere. */
function isSkewed(bytes: Uint8Array): boolean {
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] as number) + 1;
  const squares = counts.reduce((sum, count) => sum + count * count, 0);
  return squares > (2 * bytes.length * bytes.length) / counts.length;
}

function willShrink(bytes: Uint8Array): boolean {
  return isSkewed(bytes) || zlib.deflateRawSync(bytes, { level: 1 }).length <= bytes.length * incompressible;
}

/** Bytes that will not shrink are stored: a look at pieces from all over the block decides, the same way everywhere. */
function levelFor(block: Uint8Array, level: number): number {
  if (level === 0 || block.length < probes * probeSize) return level;
  for (let probe = 0; probe < probes; probe++) {
    const at = Math.floor((block.length / probes) * probe);
    if (willShrink(block.subarray(at, at + probeSize))) return level;
  }
  return 0;
}

function deflateBlock(
  block: Uint8Array,
  level: number,
  context: { dictionary: Uint8Array; last: boolean },
): Promise<Uint8Array> {
  const options = {
    level: levelFor(block, level),
    chunkSize: outputSize,
    finishFlush: context.last ? zlib.constants.Z_FINISH : zlib.constants.Z_SYNC_FLUSH,
    ...(context.dictionary.length > 0 ? { dictionary: context.dictionary } : {}),
  };
  return new Promise((resolve, reject) => {
    zlib.deflateRaw(block, options, (error, deflated) => (error === null ? resolve(deflated) : reject(error)));
  });
}

/** Deflates the blocks of one stream in their order. State: where the last one ended, and what a block of zeros after zeros became: each is the same. */
class Deflater {
  readonly #level: number;
  #dictionary: Uint8Array = new Uint8Array(0);
  #ofZeros: Promise<Uint8Array> | undefined;
  #crcAfterZeros: ((crc: number) => number) | undefined;
  crc = 0;
  length = 0;

  constructor(level: number) {
    this.#level = level;
  }

  add(block: Uint8Array, last: boolean): Promise<Uint8Array> {
    const isOfZeros = block.length === blockSize && isZeros(block);
    this.crc = isOfZeros ? this.#afterZeros() : crc32(block, this.crc);
    this.length += block.length;
    const dictionary = this.#dictionary;
    this.#dictionary = block.subarray(Math.max(0, block.length - dictionarySize));
    const isRepeated = isOfZeros && !last && dictionary.length > 0 && isZeros(dictionary);
    if (isRepeated && this.#ofZeros !== undefined) return this.#ofZeros;
    const work = deflateBlock(block, this.#level, { dictionary, last });
    work.catch(() => undefined);
    if (isRepeated) this.#ofZeros = work;
    return work;
  }

  #afterZeros(): number {
    this.#crcAfterZeros ??= crcOfZeros(blockPower);
    return this.#crcAfterZeros(this.crc);
  }
}

async function* gzip(bytes: Bytes, { level }: DeflateOptions): Bytes {
  yield gzipHeader;
  const pending: Promise<Uint8Array>[] = [];
  const deflater = new Deflater(level);
  // The oldest work that may be left looks at its own block and at the end of the one before.
  for await (const { block, last } of reblock(bytes, blockSize, inFlight)) {
    pending.push(deflater.add(block, last));
    if (pending.length >= inFlight) yield (await pending.shift()) as Uint8Array;
  }
  for (const work of pending) yield await work;
  yield gzipTrailer(deflater.crc, deflater.length);
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
