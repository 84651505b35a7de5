import { frameRoom, type Pack, type ZstdEncoder } from './zstd-encoder.ts';

interface Part {
  readonly ptr: number;
  readonly size: number;
}

/** What 1.12.5 (pinned) keeps in its codec: its memory, and zstd's own functions. */
interface CodecParts {
  readonly _mainModule: {
    malloc(size: number): Part;
    free(part: Part): void;
    dataToHeap(bytes: Uint8Array): Part;
    heapView(part: Part): Uint8Array;
  };
  readonly _zstdClass: {
    compress(to: number, room: number, from: number, size: number, level: number): number;
    isError(size: number): boolean;
    getErrorName(size: number): string;
  };
}

/**
 * One frame, written where it is to be; answers its length. The package's own way copies it over an array of numbers, which took three quarters of the time.
 * Runs in workers as text.
 */
export function packWithWasm(codec: CodecParts, level: number): Pack {
  const { _mainModule: memory, _zstdClass: zstd } = codec;
  return (bytes, frame, taken) => {
    const from = memory.dataToHeap(bytes);
    taken();
    const to = memory.malloc(frame.length);
    const size = zstd.compress(to.ptr, to.size, from.ptr, from.size, level);
    if (zstd.isError(size)) throw new Error(`zstd: ${zstd.getErrorName(size)}`);
    frame.set(memory.heapView({ ptr: to.ptr, size }));
    memory.free(to);
    memory.free(from);
    return size;
  };
}

/** zstd without native code: it runs wherever Node runs. */
export async function openWasmZstd(): Promise<ZstdEncoder> {
  const { Zstd } = await import('@hpcc-js/wasm-zstd');
  const codec = (await Zstd.load()) as unknown as CodecParts;
  return {
    name: 'wasm',
    whole: (bytes, level) => {
      const frame = new Uint8Array(frameRoom(bytes.length));
      return frame.slice(
        0,
        packWithWasm(codec, level)(bytes, frame, () => undefined),
      );
    },
  };
}

/** Where a worker finds the package, or undefined where nobody knows: in a bundle that somebody made of all this. */
export function wasmZstdUrl(): string | undefined {
  try {
    return import.meta.resolve('@hpcc-js/wasm-zstd');
  } catch {
    return undefined;
  }
}
