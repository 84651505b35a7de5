import { SHARE_ENV, Worker } from 'node:worker_threads';
import { type Chunk, nextChunk, type Ring, release } from './ring.ts';

/** The rings of one thread: what goes in, and what comes out. */
export interface Rings {
  readonly input: Ring;
  readonly output: Ring;
}

/** Node 16 and later; TypeScript's library for ES2023 does not know it. */
type WaitAsync = (words: Int32Array, at: number, value: number) => { readonly value: Promise<unknown> | string };
const { waitAsync } = Atomics as unknown as { readonly waitAsync?: WaitAsync };

/** Whether this Node can wait for a thread without standing still. */
export const canWait: boolean = waitAsync !== undefined;

/** A worker that turns the chunks of one ring into those of another, and this side's end of them. */
export class RingThread {
  readonly rings: Rings;
  readonly #worker: Worker;
  #crash: Error | undefined;

  /** `program` is the text of the worker, which finds `data` beside the rings. */
  constructor(program: string, rings: Rings, data: object = {}) {
    this.rings = rings;
    const workerData = { rings, ...data };
    this.#worker = new Worker(program, { eval: true, env: SHARE_ENV, execArgv: [], workerData });
    // A stream that its consumer forgets must not keep the process: only who waits for the thread does.
    this.#worker.unref();
    this.#worker.on('error', error => this.#lost(error));
    this.#worker.on('exit', () => this.#lost(new Error('a thread ended early')));
  }

  /** The next chunk of output where it is there; it stays until `release`. */
  held(): Chunk | undefined {
    return nextChunk(this.rings.output);
  }

  /** The next chunk of output, waited for. */
  async next(): Promise<Chunk> {
    const { words } = this.rings.output;
    for (;;) {
      const written = Atomics.load(words, 0);
      const chunk = this.held();
      if (chunk !== undefined) return chunk;
      if (this.#crash !== undefined) throw this.#crash;
      this.#worker.ref();
      await (waitAsync as WaitAsync)(words, 0, written).value;
      this.#worker.unref();
    }
  }

  release(): void {
    release(this.rings.output);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #lost(error: Error): void {
    this.#crash ??= error;
    Atomics.notify(this.rings.output.words, 0);
  }
}
