import type { Zstd } from '@hpcc-js/wasm-zstd';
import { reblock } from './bytes.ts';
import type { Bytes } from './engine.ts';
import { type ZstdEncoder, zstdBlock } from './zstd-encoder.ts';

/** The package's memory, and its copy of a part of it, which spreads the bytes over an array of numbers first. */
interface Heap {
  heapView(part: object): Uint8Array;
  heapToUint8Array(part: object): Uint8Array;
}

/** What 1.12.5 (pinned) keeps in its one codec: a stream's state, the class that makes another, and its memory. */
interface CodecParts {
  _zstd: { delete(): void };
  readonly _zstdClass: new () => { delete(): void };
  _mainModule: Heap;
}

/** A codec with a stream of its own on the same module: the package hands out one for all, and two streams would mix. */
export interface OwnCodec {
  readonly codec: Zstd;
  readonly close: () => void;
}

const load = async (): Promise<Zstd> => (await import('@hpcc-js/wasm-zstd')).Zstd.load();

/** The same memory, copied from at once: the package's own way took three quarters of the time of compressing. */
function copying(shared: Heap): Heap {
  const heap = Object.create(shared) as Heap;
  heap.heapToUint8Array = part => heap.heapView(part).slice();
  return heap;
}

export async function openCodec(): Promise<OwnCodec> {
  const shared = await load();
  const codec = Object.assign(Object.create(Object.getPrototypeOf(shared)), shared) as Zstd;
  const parts = codec as unknown as CodecParts;
  parts._zstd = new parts._zstdClass();
  parts._mainModule = copying(parts._mainModule);
  return { codec, close: () => parts._zstd.delete() };
}

async function* stream(bytes: Bytes, level: number): Bytes {
  const { codec, close } = await openCodec();
  try {
    codec.reset();
    codec.setCompressionLevel(level);
    for await (const { block } of reblock(bytes, zstdBlock, 0)) yield codec.compressChunk(block);
    yield codec.compressEnd();
  } finally {
    close();
  }
}

/** zstd without native code: it runs wherever Node runs. */
export const wasmZstdEncoder: ZstdEncoder = { name: 'wasm', stream };
