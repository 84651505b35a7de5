import { invalid, unsupported } from '../errors.ts';
import { BitWindow } from './bit-window.ts';
import { Bzip2Block, Bzip2Damage } from './bzip2-block.ts';
import type { Bytes } from './engine.ts';

/** More than any block takes: 900,000 symbols of 20 bits, and the tables before them. */
const largestBlock = 900_000 * 2.5 + (1 << 16);
const chunkSize = 1 << 16;

/** `BZh`; a digit says how large the blocks are. */
const magic = 0x425a68;
/** What each part begins with, in two halves of 24 bits: pi for a block, its square root for the end of a stream. */
const blockMark = [0x314159, 0x265359] as const;
const endMark = [0x177245, 0x385090] as const;

const readSum = (bits: BitWindow): number => (bits.read(16) << 16) | bits.read(16);

/** The size of the blocks of the stream that begins here. */
function readHeader(bits: BitWindow): number {
  const [word, digit] = [bits.read(24), bits.read(8)];
  if (word !== magic || digit < 0x31 || digit > 0x39) throw new Bzip2Damage('something else');
  return (digit - 0x30) * 100_000;
}

/** Whether a block begins here, and not the end of a stream. */
function isBlock(bits: BitWindow): boolean {
  const [first, second] = [bits.read(24), bits.read(24)];
  if (first === blockMark[0] && second === blockMark[1]) return true;
  if (first === endMark[0] && second === endMark[1]) return false;
  throw new Bzip2Damage('neither a block nor an end');
}

/** Whether another stream begins after one; zeros may follow the last. */
async function isFollowed(bits: BitWindow): Promise<boolean> {
  bits.align();
  await bits.fill();
  if (bits.peek(8) === magic >> 16) return true;
  for (await bits.fill(); !bits.isEmpty; await bits.fill())
    if (bits.takeAll().some(byte => byte !== 0)) throw new Bzip2Damage('something after its end');
  return false;
}

async function* blocksOf(bits: BitWindow, subject: string): Bytes {
  const block = new Bzip2Block();
  const chunk = new Uint8Array(chunkSize);
  await bits.fill();
  if (bits.isEmpty) throw new Bzip2Damage('no bytes');
  do {
    const size = readHeader(bits);
    let all = 0;
    for (await bits.fill(); isBlock(bits); await bits.fill()) {
      const sum = readSum(bits);
      if (bits.read(1) === 1)
        throw unsupported(subject, 'a bzip2 stream', 'one with a randomised block', {
          hint: 'bzip2 writes none since 0.9.5; what bzip2 -dc writes is taken',
        });
      block.read(bits, size);
      if (bits.isPast) throw new Bzip2Damage('a block without an end');
      for (let taken = block.take(chunk); taken > 0; taken = block.take(chunk)) yield chunk.subarray(0, taken);
      if (block.sum !== sum) throw new Bzip2Damage('a block that its CRC is not of');
      all = ((all << 1) | (all >>> 31)) ^ sum;
    }
    if (readSum(bits) !== all || bits.isPast) throw new Bzip2Damage('a stream that its CRC is not of');
  } while (await isFollowed(bits));
}

/**
 * All streams of a bzip2 file, in chunks of 64 KiB at most; the CRCs of blocks and streams are looked at, zeros may follow the
 * last. One block is in memory at a time (about 8 MB with what is read ahead), and worked on without a turn of the event loop.
 * Damage is an `invalid` error; randomised blocks, which nobody has written since 1998, are `unsupported`.
 */
export async function* unbzip2(bytes: Bytes, subject: string): Bytes {
  const bits = new BitWindow(bytes, largestBlock);
  try {
    yield* blocksOf(bits, subject);
  } catch (error) {
    if (!(error instanceof Bzip2Damage)) throw error;
    const got = bits.isPast ? 'an end in the middle' : error.message;
    throw invalid(subject, 'a bzip2 stream', `${got} before offset ${bits.offset}`);
  } finally {
    await bits.close();
  }
}
