import type { Fail } from '../errors.ts';
import { anyName, inName, literal, oneOf, Pattern, type Steps } from './pattern.ts';

/** What stars stand for where a pattern has some, and how many characters of it that is. */
interface Stars {
  readonly steps: Steps;
  readonly length: number;
}
type StarsAt = (characters: readonly string[], at: number) => Stars;

/** Stars that do not pass a slash, however many. */
const inOneName: StarsAt = () => ({ steps: anyName, length: 1 });

/**
 * What matches a whole text by Go's filepath.Match, as sources of COPY do: `*` and `?` stop at `/`, `[a-z]`, `[^a-z]`, and `\`
 * before what is itself. Throws what `fail` makes of a pattern that is none.
 */
export function parseWildcard(pattern: string, fail: Fail): (text: string) => boolean {
  const matcher = new Pattern(wildcardSteps(pattern, fail));
  return text => matcher.matches(text);
}

/** The steps of a pattern, whose stars may mean more. Throws what `fail` makes of one that is none. */
export function wildcardSteps(pattern: string, fail: Fail, starsAt: StarsAt = inOneName): Steps {
  const characters = [...pattern];
  const bad = (): Error => fail(`expected a pattern, got '${pattern}'`, pattern);
  const steps: Steps[] = [];
  for (let at = 0; at < characters.length; ) {
    const character = characters[at] as string;
    if (character === '[') {
      const set = setAt(characters, at + 1, bad);
      steps.push(oneOf(set.is));
      at = set.end;
      continue;
    }
    if (character === '*') {
      const stars = starsAt(characters, at);
      steps.push(stars.steps);
      at += stars.length;
      continue;
    }
    if (character === '\\') at += 1;
    const wanted = characters[at];
    if (wanted === undefined) throw bad();
    steps.push(character === '?' ? oneOf(inName) : literal(wanted));
    at += 1;
  }
  return steps.flat();
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
