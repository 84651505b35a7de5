import type { Runs } from './page-data.ts';

/** A column as it grows, kept in runs. State: the runs so far. */
export class RunColumn {
  readonly #runs: number[] = [];

  add(value: number): void {
    const last = this.#runs.length - 2;
    if (last >= 0 && this.#runs[last] === value) this.#runs[last + 1] = (this.#runs[last + 1] ?? 0) + 1;
    else this.#runs.push(value, 1);
  }

  get runs(): Runs {
    return this.#runs;
  }
}

/** Values that many rows share, each once. State: those so far. */
export class ValueTable<T> {
  readonly values: T[] = [];
  readonly #known = new Map<string, number>();

  /** The index of a value, which `key` tells apart from others. */
  indexOf(key: string, value: T): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.values.length);
    return this.values.push(value) - 1;
  }
}
