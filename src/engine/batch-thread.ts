import { type MessagePort, SHARE_ENV, Worker } from 'node:worker_threads';

/** Whether a worker's text runs as Node runs it: elsewhere it is a module, which has no `require`. */
export const canBatch: boolean = process.versions['deno'] === undefined && process.versions['bun'] === undefined;
/** Bytes of a batch, which goes to the thread and comes back. */
export const batchSize: number = 1 << 18;
/** Where both threads see it: whether the thread is to do no more, whether it is at work, and whether it has been set up, or could not be. */
const [stopWord, workWord, readyWord, wordCount] = [0, 1, 2, 3];
/** A thread that is told to stop ends what it is at within milliseconds, also its start; a disk that hangs must not keep the process (milliseconds). */
const longestStop = 2000;

interface Done {
  readonly bytes: Uint8Array;
  readonly failure: unknown;
}

/** The worker's side: gives batch after batch to `take`, which says what went wrong. This function runs in the worker as text. */
function serveBatches(
  port: MessagePort,
  words: Int32Array,
  take: (bytes: Uint8Array, isStopped: () => boolean) => unknown,
): void {
  const isStopped = (): boolean => Atomics.load(words, 0) !== 0;
  port.on('message', ({ bytes, length }: { readonly bytes: Uint8Array; readonly length: number }) => {
    Atomics.store(words, 1, 1);
    const failure = isStopped() ? undefined : take(bytes.subarray(0, length), isStopped);
    Atomics.store(words, 1, 0);
    Atomics.notify(words, 1);
    port.postMessage({ bytes, failure }, [bytes.buffer as ArrayBuffer]);
  });
}

/**
 * The program of a worker: functions' own text, so that it runs wherever their module does, bundled or not. They name nothing but each other. `setUp` is the
 * text that defines `take` of `data`.
 */
export const batchProgram = (functions: readonly unknown[], setUp: string): string =>
  [
    // What some compilers of TypeScript wrap functions in.
    'const __name = value => value;',
    ...[...functions, serveBatches].map(String),
    `const { parentPort, workerData: { words, data } } = require('node:worker_threads');`,
    `const take = (() => { try {${setUp}\nreturn take; } finally { Atomics.store(words, 2, 1); Atomics.notify(words, 2); } })();`,
    `${serveBatches.name}(parentPort, words, take);`,
  ].join('\n');

/**
 * A thread that takes one batch after the other, and this side's end of it. What goes wrong in it, `broken` makes an error of, which
 * everything throws from then on. State: the batches on their way, and those that came back.
 */
export class BatchThread {
  readonly #worker: Worker;
  readonly #words = new Int32Array(new SharedArrayBuffer(wordCount * Int32Array.BYTES_PER_ELEMENT));
  readonly #spare: Uint8Array[] = [];
  readonly #stop = (): void => this.stop();
  #onTheWay = 0;
  #failure: { readonly error: unknown } | undefined;
  #turn: (() => void) | undefined;

  /** `program` is one of `batchProgram`'s. Throws where no thread can be started. */
  constructor(program: string, data: object, broken: (failure: unknown) => unknown) {
    const workerData = { data, words: this.#words };
    this.#worker = new Worker(program, { eval: true, env: SHARE_ENV, execArgv: [], workerData });
    this.#worker.on('message', ({ bytes, failure }: Done) => {
      this.#onTheWay--;
      this.#spare.push(bytes);
      if (failure !== undefined) this.#fail(broken(failure));
      this.#turn?.();
    });
    this.#worker.on('error', error => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('a thread ended early')));
    // Whoever removes what the thread makes, as the process exits, must come after it.
    process.prependListener('exit', this.#stop);
  }

  /** Room for a batch. */
  room(): Uint8Array {
    return this.#spare.pop() ?? new Uint8Array(batchSize);
  }

  /** Hands a batch over: it is not this side's any more. */
  post(bytes: Uint8Array, length: number): void {
    this.#check();
    this.#onTheWay++;
    this.#worker.postMessage({ bytes, length }, [bytes.buffer as ArrayBuffer]);
  }

  /** How many batches the thread is not ready with. */
  get onTheWay(): number {
    return this.#onTheWay;
  }

  /** Answers a promise while more than so many batches are on their way, else nothing. */
  fewer(most: number): Promise<void> | undefined {
    this.#check();
    return this.#onTheWay > most ? this.#until(most) : undefined;
  }

  /**
   * The thread does no more from now on, whatever is on its way. Waited for: a thread that is ended while it is in native code, or loads it, takes the
   * whole process with it.
   */
  stop(): void {
    Atomics.store(this.#words, stopWord, 1);
    if (this.#failure !== undefined) return;
    if (Atomics.load(this.#words, readyWord) === 0) Atomics.wait(this.#words, readyWord, 0, longestStop);
    if (Atomics.load(this.#words, workWord) === 1) Atomics.wait(this.#words, workWord, 1, longestStop);
  }

  /** Ends the thread; what it had open is closed. */
  async close(): Promise<void> {
    this.stop();
    process.off('exit', this.#stop);
    await this.#worker.terminate();
  }

  async #until(most: number): Promise<void> {
    while (this.#onTheWay > most) {
      await new Promise<void>(resolve => {
        this.#turn = resolve;
      });
      this.#check();
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#turn?.();
  }
}
