import * as zlib from 'node:zlib';
import { nodeEngine } from './node.ts';
import { type RawCodec, rawCodecOf } from './raw-codec.ts';
import { lettersOf } from './usual-zlib.ts';
import { frameRoom, type ZstdEncoder } from './zstd-encoder.ts';

/** The version whose bytes are ocikit's: what `@hpcc-js/wasm-zstd` (pinned) has, and Node from 22.15 to 26. */
const version = '1.5.7';
/** More than a block of zstd's own, so that where it cuts them shows. */
const sampleSize = 160 * 1024;
/** What it makes of the sample at these levels, one after the other. */
const levels = [1, 3, 9] as const;
const golden = '8b5ac6ea386085b40726ab92feba03dc0cf45499e10cc508e7eb30d11cb72435';
/** What Node has from 22.15 on, and its types for version 20 do not know. */
interface ZstdPart {
  createZstdCompress(options: object): { destroy(): unknown };
  zstdCompressSync(bytes: Uint8Array, options: object): Uint8Array;
  readonly constants: { readonly ZSTD_c_compressionLevel: number };
}

const part = zlib as unknown as Partial<ZstdPart>;

function whole(zstd: ZstdPart, bytes: Uint8Array, level: number): Uint8Array {
  return zstd.zstdCompressSync(bytes, {
    chunkSize: frameRoom(bytes.length),
    params: { [zstd.constants.ZSTD_c_compressionLevel]: level },
  });
}

/** Node's zstd without its stream, or undefined where this Node has none, or has it otherwise: it is not public. */
export function openRawZstd(): RawCodec | undefined {
  const stream = part.createZstdCompress?.({});
  return stream === undefined ? undefined : rawCodecOf(stream);
}

/** Whether an encoder of whole frames makes the bytes that version 1.5.7 makes. Some milliseconds. */
export function isUsualZstd(compress: (bytes: Uint8Array, level: number) => Uint8Array): boolean {
  const sample = lettersOf(sampleSize);
  const hash = nodeEngine.createHash('sha256');
  for (const level of levels) hash.update(compress(sample, level));
  return hash.digest() === golden;
}

function find(): ZstdEncoder | undefined {
  const { createZstdCompress, zstdCompressSync } = part;
  if (createZstdCompress === undefined || zstdCompressSync === undefined) return undefined;
  if (process.versions['zstd'] !== version) return undefined;
  const zstd = part as ZstdPart;
  if (!isUsualZstd((bytes, level) => whole(zstd, bytes, level))) return undefined;
  return { name: 'node', whole: (bytes, level) => whole(zstd, bytes, level) };
}

let known: { readonly encoder: ZstdEncoder | undefined } | undefined;

/** Node's own zstd, where it makes the very bytes that the WebAssembly makes: several times as fast. */
export function nodeZstdEncoder(): ZstdEncoder | undefined {
  known ??= { encoder: find() };
  return known.encoder;
}
