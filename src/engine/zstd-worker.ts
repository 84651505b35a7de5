import { openSlot } from './inflate-worker.ts';
import type { RawCodec } from './raw-codec.ts';
import { freeSlot, nextChunk, publish, release } from './ring.ts';
import type { Rings } from './ring-thread.ts';

/** What crosses the rings beside blocks and what they become, which is 0: the last block, and that there is no more output. */
export const lastKind = 1;

/** State of one frame in the worker. */
interface Encoding {
  readonly rings: Rings;
  readonly zstd: RawCodec;
  readonly flushes: { readonly flush: number; readonly end: number };
}

/** Waits for a block. */
function awaitBlock({ rings: { input } }: Encoding): NonNullable<ReturnType<typeof nextChunk>> {
  for (;;) {
    const written = Atomics.load(input.words, 0);
    const chunk = nextChunk(input);
    if (chunk !== undefined) return chunk;
    Atomics.wait(input.words, 0, written);
  }
}

/** Hands over what a block becomes, slot after slot. */
function encodeBlock({ rings: { output }, zstd }: Encoding, bytes: Uint8Array, mode: number): void {
  const { _handle: handle, _writeState: after } = zstd;
  for (let left = bytes.length; ; ) {
    const slot = openSlot(output);
    handle.writeSync(mode, bytes, bytes.length - left, left, slot, 0, slot.length);
    const [free, unread] = [after[0] as number, after[1] as number];
    left = unread;
    if (free < slot.length) publish(output, slot.length - free, 0);
    if (free > 0) return;
  }
}

/** Compresses all blocks, each flushed, into one frame. What goes wrong ends the thread. */
function encodeAll(state: Encoding): void {
  state.zstd._handle.onerror = message => {
    throw new Error(message);
  };
  for (let over = false; !over; ) {
    const { bytes, kind } = awaitBlock(state);
    over = kind !== 0;
    encodeBlock(state, bytes, state.flushes.flush);
    release(state.rings.input);
  }
  encodeBlock(state, new Uint8Array(0), state.flushes.end);
  openSlot(state.rings.output);
  publish(state.rings.output, 0, 1);
}

/** The program of the worker: these functions' own text, so that it runs wherever this module does, bundled or not. */
export const zstdProgram: string = [
  // What some compilers of TypeScript wrap functions in.
  'const __name = value => value;',
  ...[freeSlot, publish, nextChunk, release, openSlot, awaitBlock, encodeBlock, encodeAll].map(String),
  `const { rings, level } = require('node:worker_threads').workerData;`,
  `const { createZstdCompress, constants } = require('node:zlib');`,
  'const zstd = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: level } });',
  'const flushes = { flush: constants.ZSTD_e_flush, end: constants.ZSTD_e_end };',
  `${encodeAll.name}({ rings, zstd, flushes });`,
].join('\n');
