import type { Bytes } from './engine.ts';
import { checkGunzipEnd, gunzipFailure } from './gunzip-failure.ts';
import { inflateProgram, outcomes } from './inflate-worker.ts';
import { openRawGunzip } from './raw-gunzip.ts';
import { freeSlot, newRing, publish, type Ring } from './ring.ts';
import { canWait, RingThread } from './ring-thread.ts';

const inputSlots = { count: 4, size: 1 << 18 };
/** Inflated bytes that may wait for the consumer are 4 MiB. */
const outputSlots = { count: 8, size: 1 << 19 };

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
          publish(input, 0, outcomes.ended);
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
function checkEnd({ bytes, kind }: { readonly bytes: Uint8Array; readonly kind: number }, subject: string): void {
  const [length, code = '', message = ''] = Buffer.from(bytes).toString().split('\n');
  const offset = Number(length);
  if (kind === outcomes.damaged) throw gunzipFailure(subject, { offset, code, message });
  checkGunzipEnd(subject, { offset, followed: kind === outcomes.followed });
}

/** `gunzipStream` with a thread of its own for each stream: for large ones, as starting a thread takes longer than a small one. */
export async function* threadedGunzip(bytes: Bytes, subject: string, program: string = inflateProgram): Bytes {
  const source = bytes[Symbol.asyncIterator]();
  const rings = {
    input: newRing(inputSlots.count, inputSlots.size),
    output: newRing(outputSlots.count, outputSlots.size),
  };
  const thread = new RingThread(program, rings);
  const feeder = new Feeder(rings.input, source);
  let more = true;
  try {
    for (;;) {
      more = more && (await feeder.feed());
      const chunk = await thread.next();
      if (chunk.kind !== 0) return checkEnd(chunk, subject);
      if (chunk.bytes.length > 0) yield chunk.bytes;
      thread.release();
    }
  } finally {
    await thread.close();
    if (more) await source.return?.();
  }
}
