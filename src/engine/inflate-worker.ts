import type { RawCodec } from './raw-codec.ts';
import { freeSlot, nextChunk, publish, type Ring, release } from './ring.ts';
import type { Rings } from './ring-thread.ts';

/** What crosses the rings besides bytes. Input: 0 bytes, 1 the end. Output: 0 bytes (none: more input is wanted), then one of these. */
export const outcomes = { ended: 1, followed: 2, damaged: 3 } as const;

/** State of one stream in the worker. */
interface Inflating {
  readonly rings: Rings;
  readonly gunzip: RawCodec;
  /** The slot being filled, and how far. */
  slot: Uint8Array;
  filled: number;
  /** Compressed bytes so far. */
  offset: number;
  failure: string | undefined;
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

function flushSlot(state: Inflating, kind: number): void {
  publish(state.rings.output, state.filled, kind);
  if (kind !== 0) return;
  state.slot = openSlot(state.rings.output);
  state.filled = 0;
}

/** The next input; before a wait, what is inflated is handed over, and an empty chunk says that more is wanted. */
function awaitInput(state: Inflating): { readonly bytes: Uint8Array; readonly kind: number } {
  const { input } = state.rings;
  for (let asked = false; ; asked = true) {
    const written = Atomics.load(input.words, 0);
    const chunk = nextChunk(input);
    if (chunk !== undefined) return chunk;
    if (asked) Atomics.wait(input.words, 0, written);
    else flushSlot(state, 0);
  }
}

/** Inflates all of `bytes` and gives what is left after a member that zeros follow; undefined where all was used. */
function inflateChunk(state: Inflating, bytes: Uint8Array, flush: number): Uint8Array | undefined {
  const { _handle: handle, _writeState: after } = state.gunzip;
  for (let left = bytes.length; ; ) {
    const room = state.slot.length - state.filled;
    handle.writeSync(flush, bytes, bytes.length - left, left, state.slot, state.filled, room);
    if (state.failure !== undefined) return undefined;
    const [free, unread] = [after[0] as number, after[1] as number];
    state.filled += room - free;
    left = unread;
    if (free > 0) return left > 0 ? bytes.subarray(bytes.length - left) : undefined;
    flushSlot(state, 0);
  }
}

/** Inflates the whole input; the last chunk is text: the compressed length, then zlib's code and message. */
function inflateAll(state: Inflating): void {
  let [ended, followed] = [false, false];
  state.gunzip._handle.onerror = (message, _errno, code) => {
    state.failure = `${code}\n${message}`;
  };
  for (let over = false; !over && state.failure === undefined; ) {
    const { bytes, kind } = awaitInput(state);
    over = kind !== 0;
    state.offset += bytes.length;
    // 4 is Z_FINISH: an end inside a member is an error.
    const rest = ended ? bytes : inflateChunk(state, bytes, over ? 4 : 0);
    if (rest !== undefined) {
      ended = true;
      followed ||= rest.some(byte => byte !== 0);
    }
    release(state.rings.input);
  }
  if (state.filled > 0) flushSlot(state, 0);
  state.filled = Buffer.from(state.slot.buffer).write(`${state.offset}\n${state.failure ?? ''}`);
  flushSlot(state, state.failure !== undefined ? 3 : followed ? 2 : 1);
}

/** The program of the worker: these functions' own text, so that it runs wherever this module does, bundled or not. */
export const inflateProgram: string = [
  // What some compilers of TypeScript wrap functions in.
  'const __name = value => value;',
  ...[freeSlot, publish, nextChunk, release, openSlot, flushSlot, awaitInput, inflateChunk, inflateAll].map(String),
  `const { rings } = require('node:worker_threads').workerData;`,
  `const gunzip = require('node:zlib').createGunzip();`,
  `${inflateAll.name}({ rings, gunzip, slot: rings.output.slots[0], filled: 0, offset: 0, failure: undefined });`,
].join('\n');
