import { tellsBlocks } from '../engine/block-gunzip.ts';
import { unbzip2 } from '../engine/bzip2.ts';
import { loadEngine } from '../engine/choose.ts';
import { zstd } from '../engine/compress-zstd.ts';
import type { Bytes, Engine } from '../engine/engine.ts';
import { nodeEngine } from '../engine/node.ts';
import { Taken } from '../engine/taken.ts';
import { isUsualZlib } from '../engine/usual-zlib.ts';
import { unxz } from '../engine/xz.ts';
import { unzstd } from '../engine/zstd.ts';
import { badOption, unsupported } from '../errors.ts';
import { type Compression, formatLayerType, type LayerType, parseLayerType } from '../spec/media-type.ts';
import { Pace } from '../stream/pace.ts';

export type { Compression } from '../spec/media-type.ts';

/** What a tar that becomes a layer may be compressed with; no media type of a layer names the last two. */
export type TarCompression = Compression | 'bzip2' | 'xz';

interface Row {
  readonly compression: TarCompression;
  /** What a stream begins with; undefined for any byte. */
  readonly magic: readonly (number | undefined)[];
}

const rows: readonly Row[] = [
  { compression: 'gzip', magic: [0x1f, 0x8b] },
  { compression: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  // `BZh` and a digit might be the name of a file in a plain tar: what follows tells, a block or an end.
  { compression: 'bzip2', magic: [0x42, 0x5a, 0x68, undefined, 0x31, 0x41, 0x59, 0x26] },
  { compression: 'bzip2', magic: [0x42, 0x5a, 0x68, undefined, 0x17, 0x72, 0x45, 0x38] },
  { compression: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
];

/** As many bytes of a stream as any compression needs to be told. */
export const magicSize: number = rows.reduce((most, { magic }) => Math.max(most, magic.length), 0);

/** The compression that a stream's first bytes tell, `magicSize` of them or all that there are; `none` where they tell none. */
export function detectCompression(head: Uint8Array): TarCompression {
  const skippable =
    head.length >= 4 &&
    ((head[0] as number) & 0xf0) === 0x50 &&
    head[1] === 0x2a &&
    head[2] === 0x4d &&
    head[3] === 0x18;
  if (skippable) return 'zstd';
  return (
    rows.find(({ magic }) => magic.every((byte, at) => byte === undefined || head[at] === byte))?.compression ?? 'none'
  );
}

function typeOf(mediaType: string): LayerType {
  const type = parseLayerType(mediaType);
  if (type !== undefined) return type;
  throw unsupported('layer', 'a tar layer, plain, gzip or zstd', `media type '${mediaType}'`);
}

/** The compression that a layer's media type names. An `unsupported` error for what is no layer of ours, encrypted ones included. */
export function compressionOf(mediaType: string): Compression {
  return typeOf(mediaType).compression;
}

/** The media type of a layer so compressed. Docker has none for zstd. */
export function layerMediaType(compression: Compression, options: { readonly docker?: boolean } = {}): string {
  return formatLayerType({
    isDocker: options.docker === true && compression !== 'zstd',
    isForeign: false,
    compression,
  });
}

/**
 * The media type of a layer that is stored with another compression: nondistributable and docker's layers stay what they
 * are. An `unsupported` error for what is no layer of ours, and for zstd in docker's words, which have none for it.
 */
export function recompressedType(mediaType: string, compression: Compression): string {
  const before = typeOf(mediaType);
  if (before.compression === compression) return mediaType;
  if (before.isDocker && compression === 'zstd')
    throw unsupported('layer', 'a compression that docker has a media type for', 'zstd', {
      hint: "give option format 'oci' as well",
    });
  return formatLayerType({ ...before, compression });
}

/** The bytes that a compressed stream stands for. */
export function decompress(bytes: Bytes, compression: TarCompression, subject: string): Bytes {
  switch (compression) {
    case 'none':
      return bytes;
    case 'gzip':
      return nodeEngine.gunzip(bytes, subject);
    case 'zstd':
      return unzstd(bytes, subject);
    case 'bzip2':
      return turning(unbzip2(bytes, subject));
    case 'xz':
      return unxz(bytes, subject);
  }
}

export interface CompressOptions {
  readonly compression: Compression;
  readonly level?: number | undefined;
  readonly compressor?: Engine['name'] | undefined;
  /** Ends threads that compress, which may be at one piece for seconds at a high level. */
  readonly signal?: AbortSignal | undefined;
}

const levels = { gzip: { least: 0, most: 9 }, zstd: { least: 1, most: 19 } } as const;

/** How hard to compress: what was asked for, or the default. Throws `usage` for a level that there is none of. */
export function levelOf({ compression, level, compressor }: CompressOptions): number {
  if (compression === 'none') return 0;
  if (level === undefined) return compression === 'zstd' ? 3 : compressor === 'portable' ? 6 : 4;
  const { least, most } = levels[compression];
  if (!Number.isInteger(level) || level < least || level > most)
    throw badOption('level', `expected ${least} to ${most} for ${compression}, got ${level}`);
  return level;
}

/** Whether a stream so compressed takes over what it can: not where it is asked how hard to compress, or for bytes that do not depend on what they were before. */
const takesOver = ({ compression, level, compressor }: CompressOptions): boolean =>
  compression === 'gzip' && level === undefined && compressor !== 'portable';

/** What a stream so compressed takes over from gzip streams in their compressed form; undefined where it is all compressed anew. */
export const takenFor = (options: CompressOptions): Taken | undefined =>
  takesOver(options) && tellsBlocks() ? new Taken() : undefined;

/**
 * What there is to say of bytes that were compressed so: nothing, unless this runtime's zlib makes other bytes than Node's
 * own, and so other digests of the same layer. Looked at on the first use of zlib. `ofLayers` where they might be taken over.
 */
export function compressorWarnings(
  options: CompressOptions,
  { ofLayers = false }: { readonly ofLayers?: boolean } = {},
): readonly string[] {
  const { compression, compressor } = options;
  if (compression !== 'gzip' || compressor === 'portable') return [];
  if (isUsualZlib() && (!ofLayers || !takesOver(options) || tellsBlocks())) return [];
  return [
    "the zlib of this runtime writes other bytes than Node's own: digests of compressed layers differ (diffIDs do not); " +
      "the compressor 'portable' writes the same bytes everywhere",
  ];
}

/** The same chunks, a turn of the event loop before each: in this thread a block of them takes long. */
async function* turning(blocks: Bytes): Bytes {
  const pace = new Pace();
  for await (const block of blocks) {
    await pace.turn();
    yield block;
  }
}

/** The same bytes compressed, deterministically: gzip level 4 (6 for the portable compressor) or zstd level 3 unless a level is given. `taken` is for gzip. */
export async function* compress(bytes: Bytes, options: CompressOptions, taken?: Taken): Bytes {
  const level = levelOf(options);
  if (options.compression === 'none') yield* bytes;
  else if (options.compression === 'zstd') yield* turning(zstd(bytes, { level, signal: options.signal }));
  else if (options.compressor === 'portable') yield* turning((await loadEngine('portable')).gzip(bytes, { level }));
  else yield* nodeEngine.gzip(bytes, { level, taken });
}
