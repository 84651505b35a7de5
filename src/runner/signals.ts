/** What a signal is called: SIGINT, SIGTERM, SIGHUP and so on (signal(7)). */
type SignalName = `SIG${string}`;

/** Signals that go to a running program. State: who listens. */
export class ProgramSignals {
  readonly #listeners = new Set<(name: SignalName) => void>();

  /** Whether a program runs. */
  get isRunning(): boolean {
    return this.#listeners.size > 0;
  }

  /** Sends a signal to the program that runs now, if any; answers whether there is one. */
  send(name: SignalName): boolean {
    for (const listener of this.#listeners) listener(name);
    return this.#listeners.size > 0;
  }

  /** Answers what ends the listening. */
  listen(listener: (name: SignalName) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
