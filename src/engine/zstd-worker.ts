import { openSlot } from './inflate-worker.ts';
import type { RawCodec } from './raw-codec.ts';
import { type Chunk, freeSlot, nextChunk, publish, type Ring, release } from './ring.ts';
import type { Rings } from './ring-thread.ts';
import { packWithWasm } from './wasm-zstd.ts';
import type { Pack } from './zstd-encoder.ts';

/** Waits for a piece. */
function awaitPiece(input: Ring): Chunk {
  for (;;) {
    const written = Atomics.load(input.words, 0);
    const chunk = nextChunk(input);
    if (chunk !== undefined) return chunk;
    Atomics.wait(input.words, 0, written);
  }
}

/** Makes a frame of each piece until the thread is ended. What goes wrong ends it as well. */
function packAll({ input, output }: Rings, pack: Pack): never {
  for (;;) {
    const { bytes } = awaitPiece(input);
    publish(
      output,
      pack(bytes, openSlot(output), () => release(input)),
      0,
    );
  }
}

/** Node's own codec, used for one frame after the other: it makes the bytes that it makes when it is new, sooner. */
function packWithNode({ _handle: handle, _writeState: after }: RawCodec, end: number): Pack {
  handle.onerror = message => {
    throw new Error(message);
  };
  return (piece, frame, taken) => {
    handle.writeSync(end, piece, 0, piece.length, frame, 0, frame.length);
    taken();
    const [free, unread] = [after[0] as number, after[1] as number];
    if (free === 0 || unread > 0) throw new Error('zstd: a frame is longer than it may be');
    return frame.length - free;
  };
}

/** Functions' own text, so that it runs wherever this module does, bundled or not. */
const programOf = (functions: readonly unknown[], start: string): string =>
  [
    // What some compilers of TypeScript wrap functions in.
    'const __name = value => value;',
    ...[freeSlot, publish, nextChunk, release, openSlot, awaitPiece, packAll, ...functions].map(String),
    `const { rings, level, url } = require('node:worker_threads').workerData;`,
    start,
  ].join('\n');

/** The program of a worker that has Node's own zstd. */
export const nodeZstdProgram: string = programOf(
  [packWithNode],
  `
const { createZstdCompress, constants } = require('node:zlib');
const zstd = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: level } });
${packAll.name}(rings, ${packWithNode.name}(zstd, constants.ZSTD_e_end));`,
);

/** The program of a worker that has the WebAssembly. */
export const wasmZstdProgram: string = programOf(
  [packWithWasm],
  `
import(url).then(({ Zstd }) => Zstd.load()).then(codec => ${packAll.name}(rings, ${packWithWasm.name}(codec, level)));`,
);
