import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { compress, decompress } from '../../codec/compression.ts';
import { fzstdDecoder } from '../../engine/fzstd-decoder.ts';
import { nodeEngine } from '../../engine/node.ts';
import { nodeZstd } from '../../engine/node-zstd.ts';
import { portableEngine } from '../../engine/portable.ts';
import { unzstd } from '../../engine/zstd.ts';
import { once } from '../../stream/once.ts';
import { bzip2Samples } from '../bzip2-samples.ts';
import { collected } from '../drained.ts';
import { fresh } from '../reused.ts';
import { limited, outputOf } from './enough.ts';
import { fixtureSeeds } from './seed-files.ts';
import type { FuzzTarget } from './target.ts';

/** What zlib inflates the portable engine inflates to the same. fflate takes some codes that zlib refuses, where CRC and length are right all the same. */
async function gunzipTwice(bytes: Uint8Array): Promise<void> {
  const one = await outputOf(nodeEngine.gunzip(once(bytes), 'fuzz'));
  const other = await outputOf(portableEngine.gunzip(fresh(bytes, [5, 300]), 'fuzz'));
  if (one !== undefined) assert.ok(other?.equals(one), 'the engines inflate different bytes');
}

/** What both decoders take is the same to both; each sees some damage to frames without a checksum that the other does not. */
async function unzstdTwice(bytes: Uint8Array): Promise<void> {
  const one = await outputOf(unzstd(once(bytes), 'fuzz', nodeZstd));
  const other = await outputOf(unzstd(fresh(bytes, [5, 300]), 'fuzz', fzstdDecoder));
  const isSummed = ((bytes[4] ?? 0) & 4) !== 0;
  if (one !== undefined && other !== undefined && isSummed)
    assert.ok(other.equals(one), 'the decoders decode different bytes');
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
