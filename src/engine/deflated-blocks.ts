/** Where zlib stood between two deflate blocks, in bytes: of what came out, and of what went in, the last of them perhaps in part. */
export interface Step {
  readonly raw: number;
  readonly deflated: number;
  /** What lies between the step before and this one: one block, one or more of them, or perhaps something else, as where a gzip member ends. */
  readonly after: 'one' | 'some' | 'other';
}

/** Bytes that have come out since, beyond which what went in is let go. */
const kept = 1 << 23;

/** Steps are let go when there are twice as many: of usual blocks 8 MiB have some hundred. */
const most = 1 << 12;

/**
 * The blocks of a gzip stream that is being inflated, and its bytes, as long as somebody who takes what comes out may want them: those
 * of the last 8 MiB. Whoever inflates tells, in order.
 */
export class DeflatedBlocks {
  #steps: Step[] = [];
  /** Bytes of the stream, `at` where each begins and `raw` what had come out before it. */
  #input: { readonly at: number; readonly raw: number; readonly bytes: Uint8Array }[] = [];
  #given = 0;
  #raw = 0;

  /** Bytes that go in, which stay as they are until they are let go. */
  give(bytes: Uint8Array): void {
    this.#input.push({ at: this.#given, raw: this.#raw, bytes });
    this.#given += bytes.length;
  }

  /** So many have come out in all. Gives what is let go. */
  reach(raw: number): readonly Uint8Array[] {
    this.#raw = raw;
    const until = raw - kept;
    let count = 0;
    while ((this.#input[count + 1]?.raw ?? until) < until) count++;
    return this.#input.splice(0, count).map(({ bytes }) => bytes);
  }

  step(step: Step): void {
    this.#steps.push(step);
    if (this.#steps.length > 2 * most) this.#steps.splice(0, most);
  }

  /** The steps from `from` up to before `to` of what came out. */
  between(from: number, to: number): readonly Step[] {
    return this.#steps.slice(this.#firstFrom(from), this.#firstFrom(to));
  }

  /** The place of the first step at `raw` or behind it. */
  #firstFrom(raw: number): number {
    let [low, high] = [0, this.#steps.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#steps[middle] as Step).raw < raw) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A copy of bytes of the stream; undefined where they have been let go. */
  bytes(from: number, to: number): Uint8Array | undefined {
    const parts: Uint8Array[] = [];
    for (const { at, bytes } of this.#input) {
      if (at >= to) break;
      if (at + bytes.length > from) parts.push(bytes.subarray(Math.max(0, from - at), to - at));
    }
    const copy = Buffer.concat(parts);
    return copy.length === to - from ? copy : undefined;
  }
}
