import { each, type Parts, partCost } from './parts.ts';

/** Lines as numbers, equal where the lines are. */
export type Lines = Int32Array;

/** Which lines of two texts have no counterpart in the other: a 1 each. */
export interface ChangedLines {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** A part of both texts that is still to be compared: lines `[fromBefore, toBefore)` and `[fromAfter, toAfter)`. */
interface Box {
  readonly fromBefore: number;
  readonly toBefore: number;
  readonly fromAfter: number;
  readonly toAfter: number;
}

type Place = readonly [before: number, after: number];

/** So many edits are looked for from either end of a box at least, before the farthest place that was reached is good enough to cut it. */
const leastCost = 256;

/** How far a search has come on each diagonal (the line of `before` less that of `after`), and which diagonals it is on. */
interface Front {
  readonly reached: Int32Array;
  low: number;
  high: number;
}

/**
 * State: a search for the shortest edit between two texts: where it is cut in two, box by box, looking from both ends of a box at once (E. Myers, An
 * O(ND) Difference Algorithm and Its Variations, 1986, section 4b). Memory grows with the lines alone, and so does the work of one cut.
 */
class Search {
  readonly #before: Lines;
  readonly #after: Lines;
  readonly #forward: Front;
  readonly #backward: Front;
  readonly #offset: number;
  readonly #most: number;
  #spent = 0;
  #told = 0;

  constructor(before: Lines, after: Lines) {
    this.#before = before;
    this.#after = after;
    this.#offset = after.length + 1;
    const diagonals = before.length + after.length + 3;
    this.#most = Math.max(leastCost, Math.floor(Math.sqrt(diagonals)));
    this.#forward = { reached: new Int32Array(diagonals), low: 0, high: 0 };
    this.#backward = { reached: new Int32Array(diagonals), low: 0, high: 0 };
  }

  /** Without what both sides of a box begin and end with alike. */
  trimmed({ fromBefore, toBefore, fromAfter, toAfter }: Box): Box {
    const [before, after] = [this.#before, this.#after];
    let [one, other, oneEnd, otherEnd] = [fromBefore, fromAfter, toBefore, toAfter];
    for (; one < oneEnd && other < otherEnd && before[one] === after[other]; one++) other++;
    for (; one < oneEnd && other < otherEnd && before[oneEnd - 1] === after[otherEnd - 1]; oneEnd--) otherEnd--;
    this.#spent += one - fromBefore + (toBefore - oneEnd);
    return { fromBefore: one, toBefore: oneEnd, fromAfter: other, toAfter: otherEnd };
  }

  /** The place at which a box is cut, neither of whose sides is empty nor begins or ends as the other. */
  *cut(box: Box): Parts<Place> {
    this.#begin(box);
    for (let cost = 1; ; cost++) {
      const met = this.#goForward(box) ?? this.#goBackward(box);
      if (met !== undefined) return met;
      if (cost >= this.#most) return this.#farthest(box);
      yield* this.told();
    }
  }

  /** All that was done so far. */
  get work(): number {
    return this.#spent;
  }

  /** Tells of what was done since it last did, where it is worth telling. */
  *told(): Parts<void> {
    if (this.#spent - this.#told < partCost) return;
    yield this.#spent - this.#told;
    this.#told = this.#spent;
  }

  #begin({ fromBefore, toBefore, fromAfter, toAfter }: Box): void {
    const [first, last] = [fromBefore - fromAfter, toBefore - toAfter];
    this.#forward.low = this.#forward.high = first;
    this.#backward.low = this.#backward.high = last;
    this.#forward.reached[first + this.#offset] = fromBefore;
    this.#backward.reached[last + this.#offset] = toBefore;
  }

  /** One diagonal more on either side where the box has one, else one less; what lies behind is worse than anything. */
  #widen(front: Front, { fromBefore, toBefore, fromAfter, toAfter }: Box, worst: number): void {
    if (front.low > fromBefore - toAfter) front.reached[--front.low - 1 + this.#offset] = worst;
    else front.low++;
    if (front.high < toBefore - fromAfter) front.reached[++front.high + 1 + this.#offset] = worst;
    else front.high--;
    this.#spent += 8 + (front.high - front.low) * 4;
  }

  #goForward(box: Box): Place | undefined {
    const [{ reached }, other, offset] = [this.#forward, this.#backward, this.#offset];
    // Only one of the two fronts can meet the other: by whether the edit is of an odd or an even length.
    const meets = ((this.#forward.low + other.low) & 1) === 1;
    this.#widen(this.#forward, box, -1);
    for (let diagonal = this.#forward.high; diagonal >= this.#forward.low; diagonal -= 2) {
      const at = diagonal + offset;
      const [below, above] = [reached[at - 1] as number, reached[at + 1] as number];
      const start = below >= above ? below + 1 : above;
      let one = start;
      const end = Math.min(box.toBefore, box.toAfter + diagonal);
      while (one < end && this.#before[one] === this.#after[one - diagonal]) one++;
      this.#spent += one - start;
      reached[at] = one;
      const isWithin = other.low <= diagonal && diagonal <= other.high;
      if (meets && isWithin && (other.reached[at] as number) <= one) return [one, one - diagonal];
    }
    return undefined;
  }

  #goBackward(box: Box): Place | undefined {
    const [{ reached }, other, offset] = [this.#backward, this.#forward, this.#offset];
    const worst = this.#before.length + 1;
    this.#widen(this.#backward, box, worst);
    const meets = ((this.#backward.low + other.low) & 1) === 0;
    for (let diagonal = this.#backward.high; diagonal >= this.#backward.low; diagonal -= 2) {
      const at = diagonal + offset;
      const [below, above] = [reached[at - 1] as number, reached[at + 1] as number];
      const start = below < above ? below : above - 1;
      let one = start;
      const end = Math.max(box.fromBefore, box.fromAfter + diagonal);
      while (one > end && this.#before[one - 1] === this.#after[one - 1 - diagonal]) one--;
      this.#spent += start - one;
      reached[at] = one;
      const isWithin = other.low <= diagonal && diagonal <= other.high;
      if (meets && isWithin && one <= (other.reached[at] as number)) return [one, one - diagonal];
    }
    return undefined;
  }

  /** The place that lies farthest from the end where its search began. */
  #farthest({ fromBefore, toBefore, fromAfter, toAfter }: Box): Place {
    let best: Place = [fromBefore, fromAfter];
    let most = -1;
    const consider = (front: Front, wayOf: (one: number, other: number) => number): void => {
      for (let diagonal = front.high; diagonal >= front.low; diagonal -= 2) {
        const reached = front.reached[diagonal + this.#offset] as number;
        const one = Math.max(fromBefore, fromAfter + diagonal, Math.min(reached, toBefore, toAfter + diagonal));
        const way = wayOf(one, one - diagonal);
        if (way <= most) continue;
        [most, best] = [way, [one, one - diagonal]];
      }
    };
    consider(this.#forward, (one, other) => one - fromBefore + (other - fromAfter));
    consider(this.#backward, (one, other) => toBefore - one + (toAfter - other));
    return best;
  }
}

/** How much is done for one pair of texts; a second's work or less. What has not been compared by then counts as changed whole. */
const mostWork = 1 << 26;

/** The shortest edit between two texts, or where they differ in very much, a short one. In parts. */
function* shortEdit(before: Lines, after: Lines): Parts<ChangedLines> {
  const changed = { before: new Uint8Array(before.length), after: new Uint8Array(after.length) };
  const search = new Search(before, after);
  const left: Box[] = [{ fromBefore: 0, toBefore: before.length, fromAfter: 0, toAfter: after.length }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const box = search.trimmed(next);
    const isOneSided = box.fromBefore === box.toBefore || box.fromAfter === box.toAfter;
    if (isOneSided || search.work > mostWork) {
      changed.before.fill(1, box.fromBefore, box.toBefore);
      changed.after.fill(1, box.fromAfter, box.toAfter);
    } else {
      const [one, other] = yield* search.cut(box);
      left.push({ ...box, fromBefore: one, fromAfter: other }, { ...box, toBefore: one, toAfter: other });
    }
    yield* search.told();
  }
  return changed;
}

/** The places of the lines that the other text has as well, wherever. */
function* placesOfCommon(lines: Lines, others: Lines): Parts<Int32Array> {
  const known = new Set<number>();
  yield* each(others, line => void known.add(line));
  const places: number[] = [];
  let at = 0;
  yield* each(lines, line => {
    if (known.has(line)) places.push(at);
    at++;
  });
  return Int32Array.from(places);
}

function* spread(length: number, places: Int32Array, changed: Uint8Array): Parts<Uint8Array> {
  const all = new Uint8Array(length).fill(1);
  let at = 0;
  yield* each(places, place => {
    all[place] = changed[at++] as number;
  });
  return all;
}

/** Which lines a short edit deletes and which it adds. What only one of the texts has is no part of the search. In parts. */
export function* changedLines(before: Lines, after: Lines): Parts<ChangedLines> {
  const [older, newer] = [yield* placesOfCommon(before, after), yield* placesOfCommon(after, before)];
  const edit = yield* shortEdit(
    older.map(place => before[place] as number),
    newer.map(place => after[place] as number),
  );
  return {
    before: yield* spread(before.length, older, edit.before),
    after: yield* spread(after.length, newer, edit.after),
  };
}
