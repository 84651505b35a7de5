/** A running count that a caller may watch while work goes on. */
export interface Progress {
  /** Bytes of blobs and files that have gone by so far. */
  bytes: number;
  /** What is being done, in a word. */
  label?: string | undefined;
  /** How many bytes there will have been when it is done; undefined where nobody knows. */
  total?: number | undefined;
  /** Paths of the layouts that were not there and have been made. */
  newLayouts?: readonly string[] | undefined;
}

/** What a caller may watch and stop while work goes on. */
export interface Work {
  /** Ends the work: it rejects with the signal's reason as soon as the event loop has turned, and leaves nothing. */
  readonly signal?: AbortSignal | undefined;
  readonly progress?: Progress | undefined;
}

/** The same of work that reads places. */
export interface Reading extends Work {
  /** An array of the caller's, to which a sentence is added for what is wrong with a place and does no harm; a result with warnings has it as well. */
  readonly notices?: string[] | undefined;
}

/** Says to who watches what begins, and how many bytes it will read where that is known. */
export function announce({ progress }: Work, label: string, more?: number): void {
  if (progress === undefined) return;
  progress.label = label;
  progress.total = more === undefined ? undefined : progress.bytes + more;
}

/** Says to who watches that so many more bytes will be read for what is being done, or fewer. */
export function expectMore({ progress }: Work, more: number): void {
  if (progress !== undefined) progress.total = (progress.total ?? progress.bytes) + more;
}

/** So many bytes are hashed in about ten milliseconds; by count and not by the clock, so that a run does the same each time. */
const turnAfter = 4 << 20;
/** Opening, reading and closing one small file takes as long as hashing so many bytes (16 to 28 KiB, measured); its stat a quarter of that (5 to 8 KiB). */
export const fileCost: number = 1 << 14;
/** Looking at a path, or for a blob, and reading a header that stands among others. */
export const statCost: number = fileCost >> 2;

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/**
 * Lets the event loop turn while long work goes on, about every ten milliseconds, and notices that it is to stop. State: what
 * has been done since the last turn.
 */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #spent = 0;

  constructor(signal?: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /**
   * Says that so many bytes have been worked on. Answers a promise where it is time to wait a turn, else nothing: `await` only
   * that. Throws the signal's reason where the work is to stop.
   */
  spend(bytes: number): Promise<void> | undefined {
    this.#signal?.throwIfAborted();
    this.#spent += bytes;
    return this.#spent < turnAfter ? undefined : this.turn();
  }

  /** Does work that yields what each part of it cost, in bytes, and gives what it comes to. */
  async run<T>(parts: Generator<number, T>): Promise<T> {
    try {
      for (;;) {
        const part = parts.next();
        if (part.done === true) return part.value;
        const turn = this.spend(part.value);
        if (turn !== undefined) await turn;
      }
    } finally {
      // What was to be left where it stands lets go of what it holds.
      parts.return(undefined as T);
    }
  }

  /** Waits a turn. Throws the signal's reason where the work is to stop. */
  async turn(): Promise<void> {
    this.#spent = 0;
    await nextTurn();
    this.#signal?.throwIfAborted();
  }
}
