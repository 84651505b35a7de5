import { reblock } from './bytes.ts';
import type { Bytes } from './engine.ts';
import { headOf, joined } from './head.ts';
import { nodeZstdEncoder } from './node-zstd-encoder.ts';
import { frameSize, type ZstdEncoder, type ZstdOptions } from './zstd-encoder.ts';

/** Bytes from which on threads pay for their start. */
const large = 1 << 20;

/** Node's own, where it is the one that the WebAssembly is: versions of zstd write other bytes. */
export const openZstdEncoder = async (): Promise<ZstdEncoder> =>
  nodeZstdEncoder() ?? (await import('./wasm-zstd.ts')).openWasmZstd();

/**
 * zstd in frames of fixed size, one after the other (RFC 8878, 3): the same input gives the same bytes however it is chunked, and on every machine. A large
 * stream's are made side by side in threads, where those can be had. Throws the signal's reason as soon as threads are to end.
 */
export async function* zstd(bytes: Bytes, options: ZstdOptions): Bytes {
  const source = bytes[Symbol.asyncIterator]();
  try {
    const { head, isWhole } = await headOf(source, large);
    const again = joined(head, source);
    // Few commands need threads, and all would wait for their module.
    const threads = isWhole ? undefined : await import('./threaded-zstd.ts');
    yield* threads?.withZstdThreads(again, options) ?? zstdHere(again, options.level, await openZstdEncoder());
  } finally {
    await source.return?.();
  }
}

/** The same bytes, made in this thread. */
export async function* zstdHere(bytes: Bytes, level: number, encoder: ZstdEncoder): Bytes {
  for await (const { block } of reblock(bytes, frameSize, 0)) yield encoder.whole(block, level);
}
