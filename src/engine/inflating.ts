import type { RawCodec } from './raw-codec.ts';

/** How far zlib is to go: as it likes, to the end of a block, or to the end of the stream, an end inside a member being an error then. */
export const flushes = { goOn: 0, toBlock: 5, finish: 4 } as const;

/** What a slot is besides its bytes: one of several of an input, or the last of it; or the text of the stream's end. */
export const kinds = { bytes: 0, used: 1, ended: 2, followed: 3, damaged: 4 } as const;

/**
 * One gzip stream that is being inflated, all its members, slot by slot. Whatever thread does it: the functions below also run in a
 * worker as text (inflate-worker.ts), so that they name nothing but each other.
 */
export interface Inflating {
  readonly gunzip: RawCodec;
  /** What is being inflated: the last bytes that came, how many of them are left, and how far zlib is to go with them. */
  bytes: Uint8Array;
  left: number;
  flush: number;
  /** The slot that is being filled, and how far. */
  slot: Uint8Array;
  filled: number;
  /** Compressed bytes so far. */
  offset: number;
  /** A member has ended that zeros follow. */
  ended: boolean;
  /** Something else follows it. */
  followed: boolean;
  /** What zlib has against the stream. */
  failure: { readonly code: string; readonly message: string } | undefined;
  readonly steps: Stepping | undefined;
}

/** What is to be told of a stream's blocks. */
interface Stepping {
  /** Behind as many bytes of a slot its steps begin. */
  readonly at: number;
  /** Those of the slot that is being filled: how many, then of each what `DeflatedBlocks` is told. `after` counts: one, some, other. */
  words: Float64Array;
  /** Bytes that came out and went in, now and at the last step. */
  raw: number;
  deflated: number;
  readonly before: { raw: number; deflated: number };
  /** Calls since the last step: one that ended for want of room or of bytes may have ended between two blocks as well, and nothing tells. */
  calls: number;
  /** Whether nothing came out of one of them. */
  wasEmpty: boolean;
}

/** Begins a stream; its slots tell of its blocks behind `stepsAt` bytes where that is given. */
export function newInflating(gunzip: RawCodec, stepsAt?: number): Inflating {
  const none = new Uint8Array(0);
  const before = { raw: 0, deflated: 0 };
  const words = new Float64Array(0);
  const steps =
    stepsAt === undefined ? undefined : { at: stepsAt, words, raw: 0, deflated: 0, before, calls: 0, wasEmpty: false };
  const ends = { ended: false, followed: false, failure: undefined };
  const state: Inflating = { gunzip, bytes: none, left: 0, flush: 0, slot: none, filled: 0, offset: 0, ...ends, steps };
  gunzip._handle.onerror = (message, _errno, code) => {
    state.failure = { code, message };
  };
  return state;
}

/** Takes the slot to be filled next. */
export function useSlot(state: Inflating, slot: Uint8Array): void {
  const { steps } = state;
  state.filled = 0;
  state.slot = steps === undefined ? slot : slot.subarray(0, steps.at);
  if (steps === undefined) return;
  steps.words = new Float64Array(slot.buffer, slot.byteOffset + steps.at);
  steps.words[0] = 0;
}

/** Takes the stream's next bytes, all before having been used. */
export function useBytes(state: Inflating, bytes: Uint8Array, flush: number): void {
  state.bytes = bytes;
  state.left = bytes.length;
  state.flush = flush;
  state.offset += bytes.length;
}

/** The last call ended between two blocks. Whether there is room for no step more. */
function addStep(steps: Stepping): boolean {
  const { before, words } = steps;
  // Whatever else there is comes alone, so that nothing comes out, and is longer: a member's trailer has 8 bytes (RFC 1952).
  const isOfBlocks = !steps.wasEmpty || (steps.calls === 1 && steps.deflated - before.deflated < 8);
  const isOne = isOfBlocks && steps.calls === 1 && before.raw < steps.raw;
  before.raw = steps.raw;
  before.deflated = steps.deflated;
  steps.calls = 0;
  steps.wasEmpty = false;
  const count = words[0] as number;
  words.set([steps.raw, steps.deflated, isOne ? 0 : isOfBlocks ? 1 : 2], 1 + 3 * count);
  words[0] = count + 1;
  return 1 + 3 * (count + 2) > words.length;
}

/** Counts what one call did. Whether there is room for no step more. */
function addCall(
  steps: Stepping,
  call: { readonly out: number; readonly taken: number; readonly isBetween: boolean },
): boolean {
  steps.raw += call.out;
  steps.deflated += call.taken;
  steps.calls += 1;
  steps.wasEmpty ||= call.out === 0;
  return call.isBetween && addStep(steps);
}

/** Goes on until the slot is full, of bytes or of steps, where it answers true, or until all bytes are used. Stops at a failure. */
export function fillSlot(state: Inflating): boolean {
  const { _handle: handle, _writeState: after } = state.gunzip;
  const { bytes, slot, steps } = state;
  while (!state.ended) {
    const [left, room] = [state.left, slot.length - state.filled];
    handle.writeSync(state.flush, bytes, bytes.length - left, left, slot, state.filled, room);
    if (state.failure !== undefined) return false;
    const [free, unread] = [after[0] as number, after[1] as number];
    const [out, taken] = [room - free, left - unread];
    state.filled += out;
    state.left = unread;
    state.ended = free > 0 && unread > 0 && out === 0 && taken === 0;
    const isBetween = free > 0 && unread > 0 && !state.ended;
    const isTold = steps !== undefined && addCall(steps, { out, taken, isBetween });
    if (free === 0 || isTold) return true;
    if (unread === 0) return false;
  }
  state.followed ||= bytes.subarray(bytes.length - state.left).some(byte => byte !== 0);
  return false;
}

/** The functions as a worker needs them. */
export const inflatingProgram: string = [newInflating, useSlot, useBytes, addStep, addCall, fillSlot]
  .map(String)
  .join('\n');
