import type { Zstd } from '@hpcc-js/wasm-zstd';
import { reblock } from './bytes.ts';
import type { Bytes } from './engine.ts';

const compressBlock = 1 << 20;

/** What 1.12.5 (pinned) keeps in its one codec: a stream's state, and the class that makes another. */
type CodecParts = Record<'_zstd', { delete(): void }> & Record<'_zstdClass', new () => { delete(): void }>;

/** A codec with a stream of its own on the same module: the package hands out one for all, and two streams would mix. */
function ownCodec(shared: Zstd): { readonly codec: Zstd; readonly close: () => void } {
  const codec = Object.assign(Object.create(Object.getPrototypeOf(shared)), shared) as Zstd;
  const parts = codec as unknown as CodecParts;
  parts._zstd = new parts._zstdClass();
  return { codec, close: () => parts._zstd.delete() };
}

/**
 * One zstd frame in blocks of fixed size: the same input gives the same bytes however it is chunked, and on every machine.
 * Node's own zstd is faster, but each Node has the version of its day, and versions write other bytes. `level` is 1 to 19.
 */
export async function* zstd(bytes: Bytes, options: { readonly level: number }): Bytes {
  const { Zstd } = await import('@hpcc-js/wasm-zstd');
  const { codec, close } = ownCodec(await Zstd.load());
  try {
    codec.reset();
    codec.setCompressionLevel(options.level);
    for await (const { block } of reblock(bytes, compressBlock, 0)) yield codec.compressChunk(block);
    yield codec.compressEnd();
  } finally {
    close();
  }
}
