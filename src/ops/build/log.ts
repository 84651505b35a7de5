/** What a build tells while it goes on; `step` is the number of what it is about, in the order in which they begin. */
export type BuildEvent = { readonly step: number } & (
  | { readonly kind: 'start'; readonly title: string }
  /** What a program writes, as it comes. */
  | { readonly kind: 'output'; readonly text: string }
  | { readonly kind: 'cached' | 'done' }
  | { readonly kind: 'error'; readonly message: string }
);

/** Who is told: an array, or anything else that takes them. */
export interface BuildEvents {
  push(event: BuildEvent): unknown;
}

/** What is said of one piece of work. */
export interface Teller {
  /** It had been done before. */
  cached(): void;
  output(text: string): void;
}

/** Tells of pieces of work as they begin and end. State: how many have begun. */
export class BuildLog {
  readonly #events: BuildEvents | undefined;
  #count = 0;

  constructor(events: BuildEvents | undefined) {
    this.#events = events;
  }

  async during<T>(title: string, work: (tell: Teller) => Promise<T>): Promise<T> {
    const step = ++this.#count;
    let kind: 'done' | 'cached' = 'done';
    this.#events?.push({ step, kind: 'start', title });
    try {
      const result = await work({
        cached() {
          kind = 'cached';
        },
        output: text => void this.#events?.push({ step, kind: 'output', text }),
      });
      this.#events?.push({ step, kind });
      return result;
    } catch (error) {
      this.#events?.push({ step, kind: 'error', message: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }
}
