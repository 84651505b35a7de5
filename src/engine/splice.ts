import { type FoundBlock, findBlock, findEnd } from './deflate-block.ts';
import type { DeflatedBlocks, Step } from './deflated-blocks.ts';
import { incompressible } from './deflater.ts';
import type { Taken, TakenRange } from './taken.ts';

/** How far back a deflate block may refer (RFC 1951 §2). */
const reach = 1 << 15;
/** What is looked at at once. */
const batch = 1 << 20;
/** Less is deflated again: finding its ends would take as long. */
const least = 1 << 14;
/** How many blocks are tried where the bit at which one begins or ends is not certain. */
const tries = 3;

/** A part of a stream: bytes to be deflated, or bytes and the bits that they are deflated to already. */
export type Spliced =
  | { readonly kind: 'fresh'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'taken';
      readonly bytes: Uint8Array;
      readonly deflated: Uint8Array;
      readonly from: number;
      readonly to: number;
    };

/** Blocks that follow one another, and the bits at which they begin and end. */
interface Run {
  readonly from: Step;
  readonly to: Step;
  readonly deflated: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/**
 * Tells apart what of a stream in the making can be taken over in deflated form. A block can where it and what it may refer to, the
 * 32 KiB before it, are the same here and there. State: the last bytes of the range at hand, and how far it has been decided.
 */
export class Splicer {
  readonly #taken: Taken;
  #at = 0;
  readonly #buffer = Buffer.allocUnsafe(reach + batch);
  #filled = 0;
  /** Bytes of the buffer that have been passed on; those before still may be referred to. */
  #decided = 0;

  constructor(taken: Taken) {
    this.#taken = taken;
  }

  /** The parts of the next bytes, each valid until the next is asked for. The same whatever the chunks are. */
  *cut(chunk: Uint8Array): Generator<Spliced> {
    for (let at = 0; at < chunk.length; ) {
      const range = this.#taken.after(this.#at);
      const left = chunk.length - at;
      if (range === undefined || range.at > this.#at) {
        const bytes = chunk.subarray(at, at + Math.min(left, (range?.at ?? Infinity) - this.#at));
        yield { kind: 'fresh', bytes };
        at += bytes.length;
        this.#at += bytes.length;
        continue;
      }
      const end = range.at + range.length;
      const length = Math.min(left, end - this.#at, this.#buffer.length - this.#filled);
      this.#buffer.set(chunk.subarray(at, at + length), this.#filled);
      this.#filled += length;
      at += length;
      this.#at += length;
      if (this.#at === end) yield* this.#endRange(range);
      else if (this.#filled === this.#buffer.length) yield* this.#batch(range);
    }
  }

  /** What is left where the stream ends within a range. */
  *finish(): Generator<Spliced> {
    yield* this.#fresh(this.#filled);
  }

  *#endRange(range: TakenRange): Generator<Spliced> {
    yield* this.#decide(range);
    yield* this.#fresh(this.#filled);
    this.#filled = 0;
    this.#decided = 0;
  }

  /** Decides what the buffer is full of, and makes room. */
  *#batch(range: TakenRange): Generator<Spliced> {
    yield* this.#decide(range);
    // A block that is as long as that, of zeros mostly, is not waited for.
    if (this.#filled - this.#decided > batch / 2) yield* this.#fresh(this.#filled);
    const first = this.#decided - reach;
    this.#buffer.copyWithin(0, first, this.#filled);
    this.#filled -= first;
    this.#decided -= first;
  }

  *#fresh(end: number): Generator<Spliced> {
    if (end > this.#decided) yield { kind: 'fresh', bytes: this.#buffer.subarray(this.#decided, end) };
    this.#decided = end;
  }

  *#decide({ at, from, blocks }: TakenRange): Generator<Spliced> {
    // Where the buffer's bytes are in what was inflated.
    const base = this.#at - at + from - this.#filled;
    const lowest = base + Math.max(this.#decided, reach);
    const steps = blocks.between(lowest, base + this.#filled);
    for (let first = 0; first < steps.length; ) {
      let last = first;
      while (steps[last + 1] !== undefined && steps[last + 1]?.after !== 'other') last += 1;
      const run = this.#runOf(steps.slice(first, last + 1), base, blocks);
      if (run !== undefined) {
        yield* this.#fresh(run.from.raw - base);
        const bytes = this.#buffer.subarray(this.#decided, run.to.raw - base);
        yield { kind: 'taken', bytes, deflated: run.deflated, from: run.start, to: run.end };
        this.#decided = run.to.raw - base;
      }
      first = last + 1;
    }
  }

  /** Of blocks that follow one another as many as begin and end at bits that are certain. */
  #runOf(steps: readonly Step[], base: number, blocks: DeflatedBlocks): Run | undefined {
    const [from, to] = [steps[0] as Step, steps.at(-1) as Step];
    if (to.raw - from.raw < least) return undefined;
    const byte = Math.max(0, from.deflated - 1);
    const deflated = blocks.bytes(byte, to.deflated);
    if (deflated === undefined || deflated.length > incompressible * (to.raw - from.raw)) return undefined;
    const block = (step: number): FoundBlock | undefined => {
      const [begin, next] = [steps[step] as Step, steps[step + 1] as Step];
      const known = { bytes: this.#buffer, at: begin.raw - base, end: next.raw - base };
      const found = findBlock(deflated, begin.deflated - byte, known);
      return found?.isLast === true ? undefined : found;
    };
    for (let start = 0; start < Math.min(tries, steps.length - 1); start++) {
      const first = block(start);
      if (first === undefined) continue;
      for (let last = steps.length - 1; last > Math.max(start, steps.length - 1 - tries); last--) {
        const end = this.#endOf(steps, last, { deflated, byte, block });
        const run = { from: steps[start] as Step, to: steps[last] as Step, deflated, start: first.bit };
        if (end !== undefined) return { ...run, end };
      }
    }
    return undefined;
  }

  #endOf(
    steps: readonly Step[],
    last: number,
    of: {
      readonly deflated: Uint8Array;
      readonly byte: number;
      readonly block: (step: number) => FoundBlock | undefined;
    },
  ): number | undefined {
    const step = steps[last] as Step;
    if (step.after !== 'one') return undefined;
    const block = of.block(last - 1);
    return block && findEnd(of.deflated, step.deflated - of.byte, block);
  }
}
