import { invalid, OciError } from '../errors.ts';
import type { Bytes } from './engine.ts';
import { reblock } from './gzip-frame.ts';
import { ZstdFrames } from './zstd-frames.ts';

const blockSize = 1 << 20;

/**
 * All frames of a zstd stream (RFC 8878), skippable ones passed over. Windows are limited to 128 MiB. The content checksum
 * is not looked at: a blob's digest covers it. Truncated or damaged input is an `invalid` error.
 */
export async function* unzstd(bytes: Bytes, subject: string): Bytes {
  const { Decompress } = await import('fzstd');
  const frames = new ZstdFrames(subject);
  let output: Uint8Array[] = [];
  const decompress = new Decompress(part => output.push(part));
  const push = (chunk: Uint8Array, final: boolean): void => {
    try {
      decompress.push(chunk, final);
    } catch (error) {
      throw error instanceof OciError
        ? error
        : invalid(subject, 'a zstd stream', `damaged bytes (${(error as Error).message})`);
    }
  };
  for await (const chunk of bytes) {
    frames.push(chunk);
    // The source reuses its buffer; the decompressor keeps parts of what it is given.
    push(chunk.slice(), false);
    yield* output;
    output = [];
  }
  frames.finish();
  push(new Uint8Array(0), true);
  yield* output;
}

/** One zstd frame in blocks of fixed size: the same input gives the same bytes however it is chunked. */
export async function* zstd(bytes: Bytes, options: { readonly level: number }): Bytes {
  const { Zstd } = await import('@hpcc-js/wasm-zstd');
  const codec = await Zstd.load();
  codec.reset();
  codec.setCompressionLevel(options.level);
  for await (const { block } of reblock(bytes, blockSize)) yield codec.compressChunk(block);
  yield codec.compressEnd();
}
