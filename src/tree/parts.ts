/**
 * Work that may be long, in parts: yields what each part cost, in bytes that are hashed in the same time, and ends with what it
 * comes to. Who runs it decides what is done between two parts (`Pace.run` lets the event loop turn); what is yielded to another
 * such work by `yield*` is a part of that.
 */
export type Parts<T> = Generator<number, T, void>;

/** All parts in a row, for who has nothing to do in between. */
export function atOnce<T>(parts: Parts<T>): T {
  for (;;) {
    const part = parts.next();
    if (part.done === true) return part.value;
  }
}

/** Values of one part: of fewer there would be more parts than are of use (one costs 0.1 µs), more take longer. */
export const partLength: number = 256;
/** Comparing, sorting or listing a value takes 0.5 to 2 µs (200,000 paths in 0.3 s), in which 1 KiB is hashed or so. */
export const partCost: number = partLength << 10;

/** Visits value after value. */
export function* each<T>(values: Iterable<T>, visit: (value: T) => void): Parts<void> {
  let count = 0;
  for (const value of values) {
    visit(value);
    if (++count === partLength) {
      yield partCost;
      count = 0;
    }
  }
  yield count << 10;
}

/** Visits value after value, where a visit may be long and gives back what is left of it. */
export function* eachInParts<T>(values: Iterable<T>, visit: (value: T) => Iterable<number> | undefined): Parts<void> {
  let count = 0;
  for (const value of values) {
    yield* visit(value) ?? [];
    if (++count % partLength === 0) yield partCost;
  }
  yield (count % partLength) << 10;
}

/** Texts of one run: the runtime sorts so many in a millisecond, and sorts runs faster than we merge them. */
const runLength = 1 << 11;

function* merged(left: readonly string[], right: readonly string[]): Parts<readonly string[]> {
  const [last, first] = [left.at(-1), right[0]];
  if (last === undefined || first === undefined || last <= first) return left.concat(right);
  const all: string[] = [];
  let at = 0;
  const take = (text: string): void => {
    for (let next = right[at]; next !== undefined && next < text; next = right[++at]) all.push(next);
    all.push(text);
  };
  yield* each(left, take);
  return all.concat(right.slice(at));
}

/** Texts sorted by their UTF-16 units, which is `sort` in parts. */
export function* inOrder(texts: Iterable<string>): Parts<readonly string[]> {
  const all = [...texts];
  if (all.length <= runLength) return all.sort();
  let runs: (readonly string[])[] = [];
  for (let at = 0; at < all.length; at += runLength) {
    runs.push(all.slice(at, at + runLength).sort());
    yield runLength << 10;
  }
  while (runs.length > 1) {
    const next: (readonly string[])[] = [];
    for (let at = 0; at < runs.length; at += 2) next.push(yield* merged(runs[at] ?? [], runs[at + 1] ?? []));
    runs = next;
  }
  return runs[0] ?? [];
}
