import type { Lines } from './changed-lines.ts';

/** State: one run of changed lines after the other, empty ones between two unchanged lines among them. */
class Group {
  readonly #lines: Lines;
  readonly #changed: Uint8Array;
  start = 0;
  end = 0;

  constructor(lines: Lines, changed: Uint8Array) {
    this.#lines = lines;
    this.#changed = changed;
    this.#grow();
  }

  get isEmpty(): boolean {
    return this.start === this.end;
  }

  #grow(): void {
    while (this.#changed[this.start - 1] === 1) this.start--;
    while (this.#changed[this.end] === 1) this.end++;
  }

  next(): boolean {
    if (this.end === this.#lines.length) return false;
    this.start = this.end = this.end + 1;
    this.#grow();
    return true;
  }

  previous(): void {
    if (this.start === 0) return;
    this.start = this.end = this.start - 1;
    this.#grow();
  }

  /** Where the line above is like the run's last, that one is what changed just as well. */
  slideUp(): boolean {
    if (this.start === 0 || this.#lines[this.start - 1] !== this.#lines[this.end - 1]) return false;
    this.#changed[--this.start] = 1;
    this.#changed[--this.end] = 0;
    this.#grow();
    return true;
  }

  slideDown(): boolean {
    if (this.end === this.#lines.length || this.#lines[this.start] !== this.#lines[this.end]) return false;
    this.#changed[this.start++] = 0;
    this.#changed[this.end++] = 1;
    this.#grow();
    return true;
  }
}

/** Lines that are slid in one text at most; what repeats itself could slide for long. */
const mostSteps = 1 << 22;

/** State: the runs of one text as they are slid, each beside the run of the other text that lies between the same unchanged lines. */
class Slides {
  readonly #group: Group;
  readonly #other: Group;
  #left = mostSteps;

  constructor(group: Group, other: Group) {
    this.#group = group;
    this.#other = other;
  }

  #up(): boolean {
    if (this.#left === 0 || !this.#group.slideUp()) return false;
    this.#left--;
    this.#other.previous();
    return true;
  }

  #down(): boolean {
    if (this.#left === 0 || !this.#group.slideDown()) return false;
    this.#left--;
    this.#other.next();
    return true;
  }

  /** Up as far as it goes and then as far down; runs that meet are one. Answers whether a run of the other text lay beside it somewhere lower than highest. */
  #slide(): boolean {
    for (;;) {
      const size = this.#group.end - this.#group.start;
      while (this.#up());
      const highest = this.#group.end;
      let isBeside = !this.#other.isEmpty;
      while (this.#down()) isBeside ||= !this.#other.isEmpty;
      if (this.#group.end - this.#group.start === size) return isBeside && this.#group.end !== highest;
    }
  }

  all(): void {
    do {
      if (!this.#group.isEmpty && this.#slide()) while (this.#other.isEmpty && this.#up());
      this.#other.next();
    } while (this.#group.next());
  }
}

/**
 * Where a run of changed lines could lie higher or lower with the same right, it is moved: beside a run of the other text, so that both are one change, else
 * as far down as it goes. `changed` is what moves.
 */
export function slideChanges(
  lines: Lines,
  changed: Uint8Array,
  others: { readonly lines: Lines; readonly changed: Uint8Array },
): void {
  new Slides(new Group(lines, changed), new Group(others.lines, others.changed)).all();
}
