import type { Bytes } from './engine.ts';
import { headOf, joined } from './head.ts';
import { nodeZstdEncoder } from './node-zstd-encoder.ts';
import type { ZstdEncoder } from './zstd-encoder.ts';

/**
 * One zstd frame in blocks of fixed size: the same input gives the same bytes however it is chunked, and on every machine. Versions
 * of zstd write other bytes, so Node's own is taken where it is the one that the WebAssembly is, for large streams in a thread of its
 * own. `level` is 1 to 19.
 */
export async function* zstd(bytes: Bytes, options: { readonly level: number }, known?: ZstdEncoder): Bytes {
  const own = nodeZstdEncoder();
  if (known !== undefined) yield* known.stream(bytes, options.level);
  else if (own !== undefined) yield* withNode(own, bytes, options.level);
  else yield* (await import('./wasm-zstd.ts')).wasmZstdEncoder.stream(bytes, options.level);
}

async function* withNode(own: ZstdEncoder, bytes: Bytes, level: number): Bytes {
  const source = bytes[Symbol.asyncIterator]();
  try {
    const { head, isWhole } = await headOf(source);
    const again = joined(head, source);
    const threads = isWhole ? undefined : await import('./threaded-zstd.ts');
    yield* threads?.canThreadZstd() === true ? threads.threadedZstd(again, level) : own.stream(again, level);
  } finally {
    await source.return?.();
  }
}
