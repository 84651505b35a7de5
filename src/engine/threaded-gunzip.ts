import type { DeflatedBlocks } from './deflated-blocks.ts';
import type { Bytes } from './engine.ts';
import { checkGunzipEnd, gunzipFailure } from './gunzip-failure.ts';
import { inflateProgram } from './inflate-worker.ts';
import { kinds } from './inflating.ts';
import { openRawGunzip } from './raw-gunzip.ts';
import { type Chunk, freeSlot, newRing, publish, type Ring } from './ring.ts';
import { canWait, type Rings, RingThread } from './ring-thread.ts';
import { inputSize, slotSize, told, toldSlotSize } from './told-blocks.ts';

/** Inflated bytes that may wait for the consumer are 4 MiB, whether blocks are told or not. */
const slots = {
  input: { count: 4, size: 1 << 18 },
  output: { count: 8, size: 1 << 19 },
};
const toldSlots = {
  input: { count: 2, size: inputSize },
  output: { count: 4, size: toldSlotSize },
};

/** Whether this Node has what the thread stands on: parts of zlib's streams that are not public. */
export function canThread(): boolean {
  const raw = openRawGunzip();
  raw?._handle.close();
  return raw !== undefined && canWait;
}

/** Hands compressed bytes to the inflating thread. State: those that no slot has room for yet. */
class Feeder {
  readonly #input: Ring;
  readonly #source: AsyncIterator<Uint8Array>;
  #waiting: Uint8Array = new Uint8Array(0);

  constructor(input: Ring, source: AsyncIterator<Uint8Array>) {
    this.#input = input;
    this.#source = source;
  }

  /** Fills the free slots from the source; false once it is at its end. */
  async feed(): Promise<boolean> {
    const input = this.#input;
    for (let slot = freeSlot(input); slot !== undefined; slot = freeSlot(input)) {
      while (this.#waiting.length === 0) {
        const { done, value } = await this.#source.next();
        if (done === true) {
          publish(input, 0, 1);
          return false;
        }
        this.#waiting = value;
      }
      const part = this.#waiting.subarray(0, slot.length);
      slot.set(part);
      publish(input, part.length, 0);
      this.#waiting = this.#waiting.subarray(part.length);
    }
    return true;
  }
}

/** The last chunk says how the stream ended: its compressed length, and what zlib has against it. */
function checkEnd({ bytes, kind }: Chunk, subject: string): void {
  const [length, code = '', message = ''] = Buffer.from(bytes).toString().split('\n');
  const offset = Number(length);
  if (kind === kinds.damaged) throw gunzipFailure(subject, { offset, code, message });
  checkGunzipEnd(subject, { offset, followed: kind === kinds.followed });
}

interface Inflated {
  readonly subject: string;
  readonly program: string;
  readonly sizes: typeof slots | typeof toldSlots;
  readonly data?: object;
}

/** What a thread of its own makes of a stream. A chunk is valid until the next. */
async function* slotsThere(bytes: Bytes, { subject, program, sizes, data }: Inflated): AsyncGenerator<Chunk> {
  const source = bytes[Symbol.asyncIterator]();
  const rings: Rings = {
    input: newRing(sizes.input.count, sizes.input.size),
    output: newRing(sizes.output.count, sizes.output.size),
  };
  const thread = new RingThread(program, rings, data);
  const feeder = new Feeder(rings.input, source);
  let more = true;
  try {
    for (;;) {
      more = more && (await feeder.feed());
      const chunk = await thread.next();
      if (chunk.kind > kinds.used) return checkEnd(chunk, subject);
      yield chunk;
      thread.release();
    }
  } finally {
    await thread.close();
    if (more) await source.return?.();
  }
}

/** `gunzipStream` with a thread of its own for each stream: for large ones, as starting a thread takes longer than a small one. */
export async function* threadedGunzip(bytes: Bytes, subject: string, program: string = inflateProgram): Bytes {
  for await (const chunk of slotsThere(bytes, { subject, program, sizes: slots }))
    if (chunk.bytes.length > 0) yield chunk.bytes;
}

/** `blockGunzip` so. The steps are the same. */
export function threadedBlockGunzip(
  bytes: Bytes,
  { subject, blocks }: { readonly subject: string; readonly blocks: DeflatedBlocks },
): Bytes {
  const inflated = { subject, program: inflateProgram, sizes: toldSlots, data: { stepsAt: slotSize } };
  return told(bytes, blocks, inputs => slotsThere(inputs, inflated));
}
