import { editDistance } from './edit-distance.ts';

/** Words that differ in more letters are other words. */
const farthest = 2;
/** A suggestion is a courtesy: it is not worth the square of a file's size. */
const mostKnown = 256;

/**
 * The known word that was probably meant, undefined where none is near or where the word itself is known. With
 * `ignoreCase` in capitals where the word is, else in small letters.
 */
export function nearestWord(
  word: string,
  known: readonly string[],
  options: { ignoreCase?: boolean } = {},
): string | undefined {
  if (known.length > mostKnown) return undefined;
  const fold = (text: string): string => (options.ignoreCase === true ? text.toLowerCase() : text);
  const wanted = fold(word);
  let best: { readonly name: string; readonly far: number } | undefined;
  for (const name of [...known].sort()) {
    if (fold(name) === wanted) return undefined;
    if (Math.abs(name.length - word.length) > farthest) continue;
    const far = editDistance(wanted, fold(name));
    if (far <= farthest && far < (best?.far ?? farthest + 1)) best = { name, far };
  }
  if (best === undefined || options.ignoreCase !== true) return best?.name;
  return word === word.toUpperCase() ? best.name.toUpperCase() : best.name.toLowerCase();
}

/** ` (did you mean X?)`, or nothing. */
export function meant(word: string, known: readonly string[], options: { ignoreCase?: boolean } = {}): string {
  const name = nearestWord(word, known, options);
  return name === undefined ? '' : ` (did you mean ${name}?)`;
}
