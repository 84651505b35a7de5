import { SHARE_ENV, Worker } from 'node:worker_threads';
import type { Bytes } from './engine.ts';
import { checkGunzipEnd, gunzipFailure } from './gunzip-failure.ts';
import { openRawGunzip } from './held-gunzip.ts';
import { inflateProgram, outcomes, type Rings } from './inflate-worker.ts';
import { freeSlot, newRing, nextChunk, publish, release } from './ring.ts';

const inputSlots = { count: 4, size: 1 << 18 };
/** Inflated bytes that may wait for the consumer are 4 MiB. */
const outputSlots = { count: 8, size: 1 << 19 };

/** Node 16 and later; TypeScript's library for ES2023 does not know it. */
type WaitAsync = (words: Int32Array, at: number, value: number) => { readonly value: Promise<unknown> | string };
const { waitAsync } = Atomics as unknown as { readonly waitAsync?: WaitAsync };

/** Whether this Node has what the thread stands on: parts of zlib's streams that are not public. */
export function canThread(): boolean {
  const raw = openRawGunzip();
  raw?._handle.close();
  return raw !== undefined && waitAsync !== undefined;
}

/** A worker that inflates one stream, and this side's end of its rings. */
class InflateThread {
  readonly #rings: Rings = {
    input: newRing(inputSlots.count, inputSlots.size),
    output: newRing(outputSlots.count, outputSlots.size),
  };
  readonly #worker: Worker;
  #crash: Error | undefined;
  /** Compressed bytes that no slot has room for yet. */
  #waiting: Uint8Array = new Uint8Array(0);

  constructor(program: string) {
    this.#worker = new Worker(program, { eval: true, env: SHARE_ENV, execArgv: [], workerData: this.#rings });
    // A stream that its consumer forgets must not keep the process: only who waits for the thread does.
    this.#worker.unref();
    this.#worker.on('error', error => this.#lost(error));
    this.#worker.on('exit', () => this.#lost(new Error('the inflating thread ended early')));
  }

  /** Fills the free slots from the source; false once it is at its end. */
  async feed(source: AsyncIterator<Uint8Array>): Promise<boolean> {
    const { input } = this.#rings;
    for (let slot = freeSlot(input); slot !== undefined; slot = freeSlot(input)) {
      while (this.#waiting.length === 0) {
        const { done, value } = await source.next();
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

  /** The next chunk of output, which stays until `release`. */
  async next(): Promise<NonNullable<ReturnType<typeof nextChunk>>> {
    const { output } = this.#rings;
    for (;;) {
      const written = Atomics.load(output.words, 0);
      const chunk = nextChunk(output);
      if (chunk !== undefined) return chunk;
      if (this.#crash !== undefined) throw this.#crash;
      this.#worker.ref();
      await (waitAsync as WaitAsync)(output.words, 0, written).value;
      this.#worker.unref();
    }
  }

  release(): void {
    release(this.#rings.output);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #lost(error: Error): void {
    this.#crash ??= error;
    Atomics.notify(this.#rings.output.words, 0);
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
  const thread = new InflateThread(program);
  let more = true;
  try {
    for (;;) {
      more = more && (await thread.feed(source));
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
