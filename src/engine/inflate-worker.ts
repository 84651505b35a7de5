import { fillSlot, type Inflating, inflatingProgram, newInflating, useBytes, useSlot } from './inflating.ts';
import { type Chunk, freeSlot, nextChunk, publish, type Ring, release } from './ring.ts';
import type { Rings } from './ring-thread.ts';

/** State of one stream in the worker. */
interface Work {
  readonly rings: Rings;
  readonly state: Inflating;
}

/** Waits for a free slot. */
export function openSlot(ring: Ring): Uint8Array {
  for (;;) {
    const taken = Atomics.load(ring.words, 1);
    const slot = freeSlot(ring);
    if (slot !== undefined) return slot;
    Atomics.wait(ring.words, 1, taken);
  }
}

function flushSlot({ rings: { output }, state }: Work, kind: number): void {
  publish(output, state.filled, kind);
  if (kind < 2) useSlot(state, openSlot(output));
}

/** The next input; before a wait, what is inflated is handed over, and a chunk that may be empty says that more is wanted. Where blocks are told, all has been handed over. */
function awaitInput(work: Work): Chunk {
  const { input } = work.rings;
  for (let asked = work.state.steps !== undefined; ; asked = true) {
    const written = Atomics.load(input.words, 0);
    const chunk = nextChunk(input);
    if (chunk !== undefined) return chunk;
    if (asked) Atomics.wait(input.words, 0, written);
    else flushSlot(work, 0);
  }
}

/** Inflates the whole input; the last chunk is text: the compressed length, then zlib's code and message. */
function inflateAll(work: Work): void {
  const { rings, state } = work;
  const isTold = state.steps !== undefined;
  useSlot(state, openSlot(rings.output));
  for (let over = false; !over && state.failure === undefined; ) {
    const { bytes, kind } = awaitInput(work);
    over = kind !== 0;
    // Z_FINISH, an end inside a member being an error; Z_BLOCK; no flush.
    useBytes(state, bytes, over ? 4 : isTold ? 5 : 0);
    while (fillSlot(state)) flushSlot(work, 0);
    // How far zlib came before a failure depends on the input alone only where blocks are told: then it is not passed on.
    if (isTold && state.failure === undefined) flushSlot(work, 1);
    release(rings.input);
  }
  if (!isTold && state.filled > 0) flushSlot(work, 0);
  const { failure } = state;
  const text = failure === undefined ? '' : `${failure.code}\n${failure.message}`;
  state.filled = Buffer.from(state.slot.buffer).write(`${state.offset}\n${text}`);
  flushSlot(work, failure !== undefined ? 4 : state.followed ? 3 : 2);
}

/** The program of the worker: these functions' own text, so that it runs wherever this module does, bundled or not. */
export const inflateProgram: string = [
  // What some compilers of TypeScript wrap functions in.
  'const __name = value => value;',
  ...[freeSlot, publish, nextChunk, release, openSlot, flushSlot, awaitInput, inflateAll].map(String),
  inflatingProgram,
  `const { rings, stepsAt } = require('node:worker_threads').workerData;`,
  `const gunzip = require('node:zlib').createGunzip();`,
  `${inflateAll.name}({ rings, state: ${newInflating.name}(gunzip, stepsAt) });`,
].join('\n');
