import type { Bytes } from './engine.ts';
import { openRawZstd } from './node-zstd-encoder.ts';
import { freeSlot, newRing, publish, type Ring } from './ring.ts';
import { canWait, RingThread } from './ring-thread.ts';
import { zstdBlock } from './zstd-encoder.ts';
import { lastKind, zstdProgram } from './zstd-worker.ts';

/** Blocks that may wait, and what they become, which is hardly ever longer. */
const slots = 4;
const outputSize = zstdBlock + (zstdBlock >> 4);

/** Whether this Node has what the thread stands on: parts of zlib's streams that are not public. */
export function canThreadZstd(): boolean {
  const raw = openRawZstd();
  raw?._handle.close();
  return raw !== undefined && canWait;
}

/** Fills slots with blocks of exactly one size. State: the block in the making, and the bytes that did not fit. */
class Blocks {
  readonly #input: Ring;
  readonly #source: AsyncIterator<Uint8Array>;
  #filled = 0;
  #waiting: Uint8Array = new Uint8Array(0);

  constructor(input: Ring, source: AsyncIterator<Uint8Array>) {
    this.#input = input;
    this.#source = source;
  }

  /** Hands one block over, where a slot is free: `last` when it was the last, `full` when none is free. A full block waits for the byte after it, which says that it is not the last. */
  async feed(): Promise<'more' | 'full' | 'last'> {
    const slot = freeSlot(this.#input);
    if (slot === undefined) return 'full';
    for (;;) {
      while (this.#waiting.length === 0) {
        const { done, value } = await this.#source.next();
        if (done === true) {
          publish(this.#input, this.#filled, lastKind);
          return 'last';
        }
        this.#waiting = value;
      }
      if (this.#filled === slot.length) {
        publish(this.#input, this.#filled, 0);
        this.#filled = 0;
        return 'more';
      }
      const part = this.#waiting.subarray(0, slot.length - this.#filled);
      slot.set(part, this.#filled);
      this.#filled += part.length;
      this.#waiting = this.#waiting.subarray(part.length);
    }
  }
}

/** The very bytes of Node's encoder, made in a thread of its own, which never waits for this one to turn: for large streams. */
export async function* threadedZstd(bytes: Bytes, level: number, program: string = zstdProgram): Bytes {
  const source = bytes[Symbol.asyncIterator]();
  const rings = { input: newRing(slots, zstdBlock), output: newRing(slots, outputSize) };
  const thread = new RingThread(program, rings, { level });
  const blocks = new Blocks(rings.input, source);
  let state: Awaited<ReturnType<Blocks['feed']>> = 'more';
  try {
    for (;;) {
      if (state !== 'last') state = await blocks.feed();
      // While there is room for blocks, only what is there already is passed on.
      for (
        let chunk = state === 'more' ? thread.held() : await thread.next();
        chunk !== undefined;
        chunk = thread.held()
      ) {
        if (chunk.kind === lastKind) return;
        yield chunk.bytes;
        thread.release();
      }
    }
  } finally {
    await thread.close();
    if (state !== 'last') await source.return?.();
  }
}
