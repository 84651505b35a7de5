import * as zlib from 'node:zlib';
import { copyOf } from './bytes.ts';
import { RawDeflate } from './raw-deflate.ts';
import { crcOfZeros, isZeros } from './zeros.ts';

const blockPower = 20;
/** What is deflated in one piece. */
export const deflatedAtOnce: number = 1 << blockPower;
const dictionarySize = 32 * 1024;
const probes = 4;
const probeSize = 16 * 1024;
/** What becomes hardly shorter than that is not worth inflating it. */
export const incompressible: number = 0.97;

type Crc = (bytes: Uint8Array, previous?: number) => number;
export const crc32: Crc = (zlib as unknown as { readonly crc32: Crc }).crc32;

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

/** Bytes that will not shrink are stored: a look at pieces from all over the block decides, of `least` bytes and more, the same way everywhere. */
export function levelFor(block: Uint8Array, level: number, least: number = probes * probeSize): number {
  if (level === 0 || block.length < least) return level;
  for (let probe = 0; probe < probes; probe++) {
    const at = Math.floor((block.length / probes) * probe);
    if (willShrink(block.subarray(at, at + probeSize))) return level;
  }
  return 0;
}

/** Deflates the blocks of one stream in their order. State: where the last one ended, and what a block of zeros after zeros became: each is the same. */
export class Deflater {
  readonly #level: number;
  readonly #least: number | undefined;
  readonly #deflate = new RawDeflate();
  #dictionary: Uint8Array = new Uint8Array(0);
  #ofZeros: Promise<Uint8Array> | undefined;
  #crcAfterZeros: ((crc: number) => number) | undefined;
  crc = 0;
  length = 0;

  /** Smaller blocks than `least` are not looked at before. */
  constructor(level: number, least?: number) {
    this.#level = level;
    this.#least = least;
  }

  add(block: Uint8Array, last: boolean): Promise<Uint8Array> {
    const isOfZeros = block.length === deflatedAtOnce && isZeros(block);
    this.crc = isOfZeros ? this.#afterZeros() : crc32(block, this.crc);
    this.length += block.length;
    const dictionary = this.#dictionary;
    this.#dictionary = block.subarray(Math.max(0, block.length - dictionarySize));
    const isRepeated = isOfZeros && !last && dictionary.length > 0 && isZeros(dictionary);
    if (isRepeated && this.#ofZeros !== undefined) return this.#ofZeros;
    const work = this.#deflate.deflate(block, {
      level: levelFor(block, this.#level, this.#least),
      finishFlush: last ? zlib.constants.Z_FINISH : zlib.constants.Z_SYNC_FLUSH,
      ...(dictionary.length > 0 ? { dictionary } : {}),
    });
    work.catch(() => undefined);
    if (isRepeated) this.#ofZeros = work;
    return work;
  }

  /** Bytes that come between and are deflated already. */
  pass(bytes: Uint8Array): void {
    this.crc = crc32(bytes, this.crc);
    this.length += bytes.length;
    this.#dictionary = copyOf(bytes.subarray(Math.max(0, bytes.length - dictionarySize)));
  }

  #afterZeros(): number {
    this.#crcAfterZeros ??= crcOfZeros(blockPower);
    return this.#crcAfterZeros(this.crc);
  }
}
