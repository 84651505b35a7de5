import assert from 'node:assert/strict';
import { gzipSync, inflateRawSync } from 'node:zlib';
import { compress, decompress } from '../../codec/compression.ts';
import { DeflatedBlocks } from '../../engine/deflated-blocks.ts';
import { fzstdDecoder } from '../../engine/fzstd-decoder.ts';
import { nodeEngine } from '../../engine/node.ts';
import { nodeZstd } from '../../engine/node-zstd.ts';
import { portableEngine } from '../../engine/portable.ts';
import { Taken } from '../../engine/taken.ts';
import { lettersOf } from '../../engine/usual-zlib.ts';
import { unzstd } from '../../engine/zstd.ts';
import { once } from '../../stream/once.ts';
import { bzip2Samples } from '../bzip2-samples.ts';
import { collected } from '../drained.ts';
import { fresh } from '../reused.ts';
import { enough, limited, outputOf } from './enough.ts';
import { fixtureSeeds } from './seed-files.ts';
import type { FuzzTarget } from './target.ts';

/** What zlib inflates the portable engine inflates to the same. fflate takes some codes that zlib refuses, where CRC and length are right all the same. */
async function gunzipTwice(bytes: Uint8Array): Promise<void> {
  const one = await outputOf(nodeEngine.gunzip(once(bytes), 'fuzz'));
  const other = await outputOf(portableEngine.gunzip(fresh(bytes, [5, 300]), 'fuzz'));
  if (one !== undefined) assert.ok(other?.equals(one), 'the engines inflate different bytes');
}

/** What is inflated block by block is the same, and so is what takes all that it can of the blocks over. */
async function gunzipInBlocks(bytes: Uint8Array): Promise<void> {
  const [blocks, taken] = [new DeflatedBlocks(), new Taken()];
  taken.mark({ at: 0, length: enough, from: 0, blocks });
  const one = await outputOf(nodeEngine.gunzip(once(bytes), 'fuzz'));
  const packed = await outputOf(
    nodeEngine.gzip(limited(nodeEngine.gunzip(once(bytes), 'fuzz', blocks)), { level: 1, taken }),
  );
  assert.equal(packed === undefined, one === undefined);
  if (packed !== undefined) assert.ok((await outputOf(nodeEngine.gunzip(once(packed), 'fuzz')))?.equals(one as Buffer));
}

/** What both decoders take is the same to both; each sees some damage to frames without a checksum that the other does not. */
async function unzstdTwice(bytes: Uint8Array): Promise<void> {
  const one = await outputOf(unzstd(once(bytes), 'fuzz', nodeZstd));
  const other = await outputOf(unzstd(fresh(bytes, [5, 300]), 'fuzz', fzstdDecoder));
  const isSummed = ((bytes[4] ?? 0) & 4) !== 0;
  if (one !== undefined && other !== undefined && isSummed)
    assert.ok(other.equals(one), 'the decoders decode different bytes');
}

/** A gzip member's sums are of what its blocks come to, where they come to anything. */
function repairTrailer(bytes: Buffer): void {
  if (bytes.length < 18) return;
  try {
    const raw = inflateRawSync(bytes.subarray(10, -8), { maxOutputLength: enough });
    bytes.writeUInt32LE(nodeEngine.crc32(raw), bytes.length - 8);
    bytes.writeUInt32LE(raw.length, bytes.length - 4);
  } catch {
    // They come to nothing: the sums do not matter.
  }
}

async function zstdSeeds(): Promise<readonly Uint8Array[]> {
  const frame = await collected(compress(once(Buffer.from('abc'.repeat(1000))), { compression: 'zstd', level: 3 }));
  const skippable = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]), frame]);
  return [frame, skippable, Buffer.concat([frame, frame])];
}

export const compressionTargets: readonly FuzzTarget[] = [
  {
    name: 'gzip',
    run: gunzipTwice,
    seeds: () => [
      gzipSync('abc'.repeat(1000)),
      Buffer.concat([gzipSync('a'), gzipSync('b'), Buffer.alloc(7)]),
      ...fixtureSeeds('hostile', path => /\.t?gz$/.test(path)),
    ],
    words: ['\x1f\x8b\b', '\x1f\x8b\b\x1e'],
  },
  {
    name: 'gzip-blocks',
    run: gunzipInBlocks,
    seeds: () => [0, 1, 6].map(level => gzipSync(lettersOf(150_000), { level, memLevel: 1 })),
    repair: repairTrailer,
  },
  { name: 'zstd', run: unzstdTwice, seeds: zstdSeeds, words: ['(\xb5/\xfd', 'P*M\x18'] },
  {
    name: 'xz',
    run: bytes => collected(limited(decompress(once(bytes), 'xz', 'fuzz'))).then(() => undefined),
    seeds: () =>
      fixtureSeeds('hostile', path => path.endsWith('.xz')).concat([
        Buffer.from('\xfd7zXZ\0\0\x04\xe6\xd6\xb4F', 'latin1'),
      ]),
  },
  {
    name: 'bzip2',
    run: bytes => collected(limited(decompress(once(bytes), 'bzip2', 'fuzz'))).then(() => undefined),
    seeds: () => [
      ...fixtureSeeds('tar-samples', path => path.endsWith('.bz2')),
      bzip2Samples.text,
      Buffer.concat([bzip2Samples.motd, bzip2Samples.empty]),
    ],
    words: ['BZh1', '1AY&SY', '\x17rE8P\x90'],
  },
];
