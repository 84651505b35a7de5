/** How many letters are added, dropped, changed or swapped with their neighbour between two words. */
function distance(one: string, other: string): number {
  let [before, row] = [[] as number[], Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let at = 1; at <= one.length; at++) {
    const next = [at];
    for (let to = 1; to <= other.length; to++) {
      const same = one[at - 1] === other[to - 1] ? 0 : 1;
      let least = Math.min((row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1, (row[to - 1] ?? 0) + same);
      const swapped = at > 1 && to > 1 && one[at - 1] === other[to - 2] && one[at - 2] === other[to - 1];
      if (swapped) least = Math.min(least, (before[to - 2] ?? 0) + 1);
      next.push(least);
    }
    [before, row] = [row, next];
  }
  return row[other.length] ?? 0;
}

/** The word that was probably meant: one that this one begins, or one that differs in a letter, or in two where it is long. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const beginning = word.length >= 2 ? known.filter(name => name.startsWith(word)) : [];
  if (beginning.length === 1) return beginning[0];
  const ranked = known
    .map(name => ({ name, far: distance(word, name) }))
    .filter(({ name, far }) => far <= (name.length > 5 ? 2 : 1) && (name.length > 3 || name[0] === word[0]))
    .sort((a, b) => a.far - b.far);
  return ranked[0]?.name;
}
