import type { Bytes } from '../engine/engine.ts';

/** Hands chunks from one who gives to one who reads. State: the chunk on offer, whether there will be more, who waits. */
class Handover {
  #offer: Uint8Array | undefined;
  #taken: () => void = () => undefined;
  #wake: () => void = () => undefined;
  #over = false;
  #cause: unknown;
  #isLeft = false;

  /** Settles when the reader asks for the chunk after this one, or has left. */
  give(chunk: Uint8Array): Promise<void> {
    if (this.#isLeft) return Promise.resolve();
    return new Promise(resolve => {
      this.#offer = chunk;
      this.#taken = resolve;
      this.#wake();
    });
  }

  /** There are no more chunks; with a cause, because something went wrong. */
  close(cause?: unknown): void {
    this.#over = true;
    this.#cause = cause;
    this.#wake();
  }

  /** Nobody reads any more. */
  leave(): void {
    this.#isLeft = true;
    this.#taken();
  }

  async *chunks(): Bytes {
    for (;;) {
      while (this.#offer === undefined && !this.#over) {
        await new Promise<void>(resolve => {
          this.#wake = resolve;
        });
      }
      if (this.#offer === undefined) break;
      yield this.#offer;
      this.#offer = undefined;
      this.#taken();
    }
    if (this.#cause !== undefined) throw this.#cause;
  }
}

/**
 * The same bytes, while `read` reads them as well: each chunk is passed on when `read` is done with it, so that one pass
 * and one chunk are enough for both. What `read` throws is thrown here, at the latest at the end. Where nobody reads on
 * here, `read` gets an error in place of the rest.
 */
export async function* tap(bytes: Bytes, read: (bytes: Bytes) => Promise<void>): Bytes {
  const handover = new Handover();
  const failures: unknown[] = [];
  const reading = read(handover.chunks())
    .catch((error: unknown) => failures.push(error))
    .finally(() => handover.leave());
  try {
    for await (const chunk of bytes) {
      await handover.give(chunk);
      if (failures.length > 0) throw failures[0];
      yield chunk;
    }
    handover.close();
    await reading;
    if (failures.length > 0) throw failures[0];
  } finally {
    handover.close(new Error('nobody reads on'));
    await reading;
  }
}
