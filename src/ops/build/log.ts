import { unlessStopped } from '../../stream/stoppable.ts';
import type { BuildOptions } from './options.ts';

/** What a build tells while it goes on, of any number of pieces of work at once; `step` is the number of what it is about, the same each time. */
export type BuildEvent = { readonly step: number } & (
  | { readonly kind: 'start'; readonly title: string }
  /** What a program writes, as it comes. */
  | { readonly kind: 'output'; readonly text: string }
  /** `canceled` where something else went wrong. */
  | { readonly kind: 'cached' | 'done' | 'canceled' }
  | { readonly kind: 'error'; readonly message: string }
);

/** Who is told: an array, or anything else that takes them. Whoever throws, or answers a promise that rejects, is told no more and ends the build with that error. */
export interface BuildEvents {
  push(event: BuildEvent): unknown;
}

/** What is said of one piece of work. */
export interface Teller {
  /** It had been done before. */
  cached(): void;
  output(text: string): void;
}

/** Tells of pieces of work as they begin and end. State: how many there are, what has gone wrong, and what listeners have not answered yet. */
export class BuildLog {
  readonly #events: BuildEvents | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #told = new Set<unknown>();
  readonly #answers = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;
  #count = 0;

  constructor({ events, signal }: Pick<BuildOptions, 'events' | 'signal'>) {
    this.#events = events;
    this.#signal = signal;
  }

  /** Keeps numbers for so many pieces, whenever they begin; answers the first. */
  reserve(pieces: number): number {
    const first = this.#count + 1;
    this.#count += pieces;
    return first;
  }

  async during<T>(title: string, work: (tell: Teller) => Promise<T>, step: number = this.reserve(1)): Promise<T> {
    let kind: 'done' | 'cached' = 'done';
    this.#tell({ step, kind: 'start', title });
    try {
      const result = await work({
        cached() {
          kind = 'cached';
        },
        output: text => this.#tell({ step, kind: 'output', text }),
      });
      this.#tell({ step, kind });
      return result;
    } catch (error) {
      if (this.#failure === undefined) this.#tell(this.#fault(step, error));
      throw error;
    }
  }

  /** Waits for what listeners have answered, unless a signal comes first. Throws the error of one that failed. */
  async heard(): Promise<void> {
    await unlessStopped(Promise.all(this.#answers), this.#signal);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #tell(event: BuildEvent): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      this.#listen(this.#events?.push(event));
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  /** What a listener answers is waited for in the end alone. */
  #listen(answer: unknown): void {
    if (typeof answer !== 'object' || answer === null || !('then' in answer)) return;
    const heard = Promise.resolve(answer)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .then(() => void this.#answers.delete(heard));
    this.#answers.add(heard);
  }

  /** What went wrong is told once: it is why the others end. Where somebody stopped the work nothing did. */
  #fault(step: number, error: unknown): BuildEvent {
    if (this.#told.has(error) || this.#signal?.aborted === true) return { step, kind: 'canceled' };
    this.#told.add(error);
    return { step, kind: 'error', message: error instanceof Error ? error.message : String(error) };
  }
}
