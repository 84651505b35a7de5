import * as zlib from 'node:zlib';
import { reblock } from './bytes.ts';
import type { Bytes } from './engine.ts';
import { nodeEngine } from './node.ts';
import { type RawCodec, rawCodecOf } from './raw-codec.ts';
import { lettersOf } from './usual-zlib.ts';
import { type ZstdEncoder, zstdBlock } from './zstd-encoder.ts';

/** The version whose bytes are ocikit's: what `@hpcc-js/wasm-zstd` (pinned) has, and Node from 22.15 to 26. */
const version = '1.5.7';
/** More than a block of zstd's own, so that where it cuts them shows. */
const sampleSize = 160 * 1024;
/** What it makes of the sample at these levels, one after the other. */
const levels = [1, 3, 9] as const;
const golden = '8b5ac6ea386085b40726ab92feba03dc0cf45499e10cc508e7eb30d11cb72435';
/** Blocks that may wait for the thread pool beside the one that is compressed. */
const waiting = 1;
/** Room for a block in one piece: each further piece is a round trip between the threads. */
const chunkSize = zstdBlock + (zstdBlock >> 4);

interface Stream extends AsyncIterable<Uint8Array> {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): boolean;
  end(): void;
  read(): Uint8Array | null;
  on(event: 'error', take: (error: Error) => void): Stream;
  destroy(): void;
}

/** What Node has from 22.15 on, and its types for version 20 do not know. */
interface ZstdPart {
  createZstdCompress(options: object): Stream;
  zstdCompressSync(bytes: Uint8Array, options: object): Uint8Array;
  readonly constants: { readonly ZSTD_e_flush: number; readonly ZSTD_c_compressionLevel: number };
}

const part = zlib as unknown as Partial<ZstdPart>;

function whole(zstd: ZstdPart, bytes: Uint8Array, level: number): Uint8Array {
  const bound = bytes.length + (bytes.length >> 8) + 512;
  return zstd.zstdCompressSync(bytes, {
    chunkSize: bound,
    params: { [zstd.constants.ZSTD_c_compressionLevel]: level },
  });
}

/** Node's zstd without its stream, or undefined where this Node has none, or has it otherwise: it is not public. */
export function openRawZstd(): RawCodec | undefined {
  const stream = part.createZstdCompress?.({});
  return stream === undefined ? undefined : rawCodecOf(stream);
}

/** All that a stream has made so far. */
function* held(stream: Stream): Generator<Uint8Array> {
  for (let bytes = stream.read(); bytes !== null; bytes = stream.read()) yield bytes;
}

/** Each block is flushed, as the WebAssembly does it: the thread pool compresses one while the next is made. */
async function* stream(zstd: ZstdPart, bytes: Bytes, level: number): Bytes {
  const { ZSTD_e_flush: flush, ZSTD_c_compressionLevel: key } = zstd.constants;
  // All that waits fits: the stream never waits for a reader.
  const highWaterMark = (waiting + 3) * chunkSize;
  const out = zstd.createZstdCompress({ flush, chunkSize, highWaterMark, params: { [key]: level } });
  const failed = new Promise<never>((_resolve, reject) => out.on('error', reject));
  failed.catch(() => undefined);
  const pending: Promise<void>[] = [];
  try {
    for await (const { block } of reblock(bytes, zstdBlock, waiting + 1)) {
      pending.push(new Promise(resolve => out.write(block, () => resolve())));
      if (pending.length <= waiting) continue;
      await Promise.race([pending.shift(), failed]);
      yield* held(out);
    }
    await Promise.race([Promise.all(pending), failed]);
    yield* held(out);
    out.end();
    yield* out;
  } finally {
    out.destroy();
  }
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
  return {
    name: 'node',
    stream: (bytes, level) => stream(zstd, bytes, level),
    whole: (bytes, level) => whole(zstd, bytes, level),
  };
}

let known: { readonly encoder: ZstdEncoder | undefined } | undefined;

/** Node's own zstd, where it makes the very bytes that the WebAssembly makes: several times as fast. */
export function nodeZstdEncoder(): ZstdEncoder | undefined {
  known ??= { encoder: find() };
  return known.encoder;
}
