import type { Fail } from '../errors.ts';

/** One place of a pattern: a character, any one but `/`, any number of those, or one of a set. */
type Piece = { readonly kind: 'one'; readonly is: (character: string) => boolean } | { readonly kind: 'many' };

const isName = (character: string): boolean => character !== '/';

/**
 * What matches a whole text by Go's filepath.Match, as sources of COPY do: `*` and `?` stop at `/`, `[a-z]`, `[^a-z]`, and `\`
 * before what is itself. Throws what `fail` makes of a pattern that is none.
 */
export function parseWildcard(pattern: string, fail: Fail): (text: string) => boolean {
  const pieces = piecesOf([...pattern], () => fail(`expected a pattern, got '${pattern}'`, pattern));
  return text => matches([...text], pieces);
}

function piecesOf(characters: readonly string[], bad: () => Error): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < characters.length; ) {
    const character = characters[at] as string;
    if (character === '[') {
      const set = setAt(characters, at + 1, bad);
      pieces.push({ kind: 'one', is: set.is });
      at = set.end;
      continue;
    }
    if (character === '*') {
      if (pieces.at(-1)?.kind !== 'many') pieces.push({ kind: 'many' });
    } else if (character === '?') pieces.push({ kind: 'one', is: isName });
    else {
      if (character === '\\') at += 1;
      const wanted = characters[at];
      if (wanted === undefined) throw bad();
      pieces.push({ kind: 'one', is: given => given === wanted });
    }
    at += 1;
  }
  return pieces;
}

/** A set after its `[`: ranges, all but those after `^`. */
function setAt(
  characters: readonly string[],
  start: number,
  bad: () => Error,
): { readonly is: (character: string) => boolean; readonly end: number } {
  const isNegated = characters[start] === '^';
  const ranges: (readonly [string, string])[] = [];
  let at = isNegated ? start + 1 : start;
  const next = (): string => {
    const character = characters[at];
    if (character === undefined || character === '-' || character === ']') throw bad();
    const isEscape = character === '\\';
    const literal = isEscape ? characters[at + 1] : character;
    if (literal === undefined) throw bad();
    at += isEscape ? 2 : 1;
    return literal;
  };
  while (characters[at] !== ']' || ranges.length === 0) {
    const low = next();
    let high = low;
    if (characters[at] === '-') {
      at += 1;
      high = next();
    }
    if (at >= characters.length) throw bad();
    ranges.push([low, high]);
  }
  const code = (character: string): number => character.codePointAt(0) ?? 0;
  const has = (character: string): boolean =>
    ranges.some(([low, high]) => code(low) <= code(character) && code(character) <= code(high));
  return { is: character => has(character) !== isNegated, end: at + 1 };
}

/** Each `*` takes as little as it can; where the rest does not fit, the last one takes one more. */
function matches(text: readonly string[], pieces: readonly Piece[]): boolean {
  let [at, piece] = [0, 0];
  let retry: { readonly at: number; readonly piece: number } | undefined;
  while (at < text.length || piece < pieces.length) {
    const wanted = pieces[piece];
    const given = text[at];
    if (wanted?.kind === 'many') {
      retry = { at, piece };
      piece += 1;
    } else if (wanted !== undefined && given !== undefined && wanted.is(given)) {
      at += 1;
      piece += 1;
    } else {
      const skipped = retry === undefined ? undefined : text[retry.at];
      if (retry === undefined || skipped === undefined || !isName(skipped)) return false;
      retry = { at: retry.at + 1, piece: retry.piece };
      at = retry.at;
      piece = retry.piece + 1;
    }
  }
  return true;
}
