import type { Fail } from '../../errors.ts';
import { nearestWord } from '../../spec/nearest-word.ts';
import { expandWord, expandWords } from '../shell-words.ts';

/** Names with their values; what is set again moves to the end, as in BuildKit's environments. */
export type Variables = Map<string, string>;

export function setVariable(variables: Variables, name: string, value: string): void {
  variables.delete(name);
  variables.set(name, value);
}

/** What words are expanded with, in one place of a Dockerfile. */
export interface Scope {
  readonly variables: ReadonlyMap<string, string>;
  readonly escapeToken: string;
  readonly fail: Fail;
  readonly spend: (characters: number) => void;
  /** Hears of a name that has no value. */
  readonly onUnset?: (name: string) => void;
}

const expansionOf = ({ variables, onUnset, ...scope }: Scope, seen?: Uses): Parameters<typeof expandWord>[1] => ({
  ...scope,
  variable: name => {
    const value = variables.get(name);
    (value === undefined ? seen?.unset : seen?.set)?.add(name);
    if (value === undefined) onUnset?.(name);
    return value;
  },
});

/** The names that a word uses. */
interface Uses {
  readonly set: Set<string>;
  readonly unset: Set<string>;
}

/** A word with its variables replaced and its quotes removed. */
export const expanded = (word: string, scope: Scope): string => expandWord(word, expansionOf(scope));

/** The words of a text whose variables may hold several. */
export const expandedWords = (text: string, scope: Scope): string[] => expandWords(text, expansionOf(scope));

/** A text with its variables replaced; quotes are characters as all others. Its escape character is always `\`. */
export const expandedText = (text: string, scope: Scope): string =>
  expandWord(text, { ...expansionOf(scope), escapeToken: '\\', quotes: 'plain' });

/** A command for people: variables that have a value are replaced, everything else stays; as it is written where it cannot be read. */
export function shownCommand(text: string, scope: Scope, keep: { quotes?: 'kept'; unset?: 'kept' }): string {
  const unreadable = new SyntaxError('unreadable');
  try {
    return expandWord(text, { ...expansionOf({ ...scope, fail: () => unreadable }), ...keep });
  } catch (error) {
    if (error === unreadable) return text;
    throw error;
  }
}

/** A word expanded, with the names that it uses. */
export function expandedWithUses(word: string, scope: Scope): Uses & { readonly text: string } {
  const uses: Uses = { set: new Set(), unset: new Set() };
  return { text: expandWord(word, expansionOf(scope, uses)), ...uses };
}

/** The name that was probably meant by one that is not set. */
export const nearVariable = (name: string, known: Iterable<string>): string => nearestWord(name, [...known]) ?? '';

/** How a text uses a variable: `$NAME` or the beginning of `${NAME…}`. */
export const usedAs = (name: string, text: string): string => (text.includes(`\${${name}`) ? `\${${name}` : `$${name}`);
