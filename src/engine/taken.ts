import type { DeflatedBlocks } from './deflated-blocks.ts';

/** Bytes of a stream that are those of another from `from` on. */
export interface TakenRange {
  readonly at: number;
  readonly length: number;
  readonly from: number;
  readonly blocks: DeflatedBlocks;
}

/**
 * What a stream that is being made takes over from gzip streams that are inflated for it, so that it need not be deflated again.
 * Whoever makes it marks ranges in its order, each before its bytes go on.
 */
export class Taken {
  readonly #ranges: TakenRange[] = [];

  mark(range: TakenRange): void {
    this.#ranges.push(range);
  }

  /** The first range that ends behind `at`. */
  after(at: number): TakenRange | undefined {
    for (;;) {
      const [range] = this.#ranges;
      if (range === undefined || range.at + range.length > at) return range;
      this.#ranges.shift();
    }
  }
}
