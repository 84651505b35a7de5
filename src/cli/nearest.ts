import { editDistance } from '../spec/edit-distance.ts';

/** The word that was probably meant: one that this one begins, or one that differs in a letter, or in two where it is long. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const beginning = word.length >= 2 ? known.filter(name => name.startsWith(word)) : [];
  if (beginning.length === 1) return beginning[0];
  const ranked = known
    .map(name => ({ name, far: editDistance(word, name) }))
    .filter(({ name, far }) => far <= (name.length > 5 ? 2 : 1) && (name.length > 3 || name[0] === word[0]))
    .sort((a, b) => a.far - b.far);
  return ranked[0]?.name;
}
