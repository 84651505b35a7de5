/** Pieces of work that need one another. */
export interface Pieces {
  /** For each piece the earlier ones that have to be done before it begins. */
  readonly needs: readonly (readonly number[])[];
  /** So many are done at once at most. */
  readonly atOnce: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Does pieces of work, each as soon as what it needs is done, and of those that can begin the first before others. Where one fails, those that are
 * under way are told to stop by the signal that each is given, and no other begins: once all have ended, the error of the one is thrown.
 */
export async function inParallel<T>(
  { needs, atOnce, signal }: Pieces,
  work: (piece: number, signal: AbortSignal) => Promise<T>,
): Promise<readonly T[]> {
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const order = new Order(needs);
  const results: T[] = [];
  const running = new Set<Promise<void>>();
  const begin = (piece: number): void => {
    const ending = work(piece, either)
      .then(
        result => {
          results[piece] = result;
          order.end(piece);
        },
        (error: unknown) => stop.abort(error),
      )
      .finally(() => running.delete(ending));
    running.add(ending);
  };
  for (;;) {
    while (running.size < atOnce && !either.aborted) {
      const next = order.next();
      if (next === undefined) break;
      begin(next);
    }
    if (running.size === 0) break;
    await Promise.race(running);
  }
  either.throwIfAborted();
  return results;
}

/** Which pieces can begin. State: which have begun, and what those wait for that have not. */
class Order {
  readonly #waiting: number[];
  readonly #after = new Map<number, number[]>();
  /** Those that can begin, the last of them the first to. */
  readonly #ready: number[] = [];

  constructor(needs: readonly (readonly number[])[]) {
    this.#waiting = needs.map(own => new Set(own).size);
    for (const [piece, own] of needs.entries())
      for (const need of new Set(own)) this.#after.set(need, [...(this.#after.get(need) ?? []), piece]);
    for (const [piece, count] of this.#waiting.entries()) if (count === 0) this.#ready.unshift(piece);
  }

  next(): number | undefined {
    return this.#ready.pop();
  }

  end(piece: number): void {
    for (const after of this.#after.get(piece) ?? []) {
      const left = (this.#waiting[after] as number) - 1;
      this.#waiting[after] = left;
      if (left === 0) this.#ready.push(after);
    }
    this.#ready.sort((one, other) => other - one);
  }
}
