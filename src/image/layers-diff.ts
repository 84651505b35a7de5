/** What is compared of a layer. */
interface ComparedLayer {
  readonly diffID: string;
  readonly createdBy: string;
}

/** A layer of one image, the other, or both: `=` the same contents, `~` the same line of history and others, `+` only the newer's, `-` only the older's. */
interface LayerPair<T> {
  readonly kind: '=' | '~' | '+' | '-';
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** Two lists of so many cells are aligned at most; of longer ones only what they begin and end with alike is. */
const mostCells = 4_000_000;

/** For each place of two lists the length of the longest common subsequence from there on, row by row. */
function lengthsOf(one: readonly string[], other: readonly string[]): readonly Uint32Array[] {
  const rows = Array.from({ length: one.length + 1 }, () => new Uint32Array(other.length + 1));
  for (let at = one.length - 1; at >= 0; at--)
    for (let to = other.length - 1; to >= 0; to--) {
      const [row, next] = [rows[at] as Uint32Array, rows[at + 1] as Uint32Array];
      row[to] = one[at] === other[to] ? (next[to + 1] ?? 0) + 1 : Math.max(next[to] ?? 0, row[to + 1] ?? 0);
    }
  return rows;
}

/** Pairs by equal keys, in order; a run without a partner stays apart. */
function* aligned<T>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (layer: T) => string,
): Generator<readonly [T | undefined, T | undefined]> {
  const isTooLong = before.length * after.length > mostCells;
  const [one, other] = [before.map(keyOf), after.map(keyOf)];
  const lengths = isTooLong ? [] : lengthsOf(one, other);
  let [at, to] = [0, 0];
  while (at < before.length && to < after.length) {
    if (one[at] === other[to]) yield [before[at++], after[to++]];
    else if ((lengths[at + 1]?.[to] ?? 0) >= (lengths[at]?.[to + 1] ?? 0)) yield [before[at++], undefined];
    else yield [undefined, after[to++]];
  }
  for (const layer of before.slice(at)) yield [layer, undefined];
  for (const layer of after.slice(to)) yield [undefined, layer];
}

/** What lies between two layers that are the same: paired by lines of history. */
function* changedPairs<T extends ComparedLayer>(before: readonly T[], after: readonly T[]): Generator<LayerPair<T>> {
  for (const [was, is] of aligned(before, after, ({ createdBy }) => createdBy))
    yield { kind: was === undefined ? '+' : is === undefined ? '-' : '~', before: was, after: is };
}

/** Two images' layers side by side, lowest first, by their diffIDs and then by their lines of history. */
export function diffLayerLists<T extends ComparedLayer>(
  before: readonly T[],
  after: readonly T[],
): readonly LayerPair<T>[] {
  const pairs: LayerPair<T>[] = [];
  let [olds, news]: [T[], T[]] = [[], []];
  for (const [was, is] of aligned(before, after, ({ diffID }) => diffID)) {
    if (was !== undefined && is !== undefined) {
      for (const pair of changedPairs(olds, news)) pairs.push(pair);
      pairs.push({ kind: '=', before: was, after: is });
      [olds, news] = [[], []];
    } else if (was !== undefined) olds.push(was);
    else if (is !== undefined) news.push(is);
  }
  return [...pairs, ...changedPairs(olds, news)];
}
