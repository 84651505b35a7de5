import type { Bytes } from './engine.ts';
import { nodeZstdEncoder } from './node-zstd-encoder.ts';
import type { ZstdEncoder } from './zstd-encoder.ts';

/**
 * One zstd frame in blocks of fixed size: the same input gives the same bytes however it is chunked, and on every machine. Versions
 * of zstd write other bytes, so Node's own is taken where it is the one that the WebAssembly is. `level` is 1 to 19.
 */
export async function* zstd(bytes: Bytes, options: { readonly level: number }, known?: ZstdEncoder): Bytes {
  const encoder = known ?? nodeZstdEncoder() ?? (await import('./wasm-zstd.ts')).wasmZstdEncoder;
  yield* encoder.stream(bytes, options.level);
}
