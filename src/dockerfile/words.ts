import type { Fail } from '../errors.ts';
import { goQuoted } from './go-quoted.ts';

const whitespace = /\s/;
/** What separates words that know no quotes. */
const blanks = /[\t\v\f\r ]+/;

interface FlagsAndRest {
  /** Unquoted, with their dashes: `--interval=3s`. */
  readonly flags: readonly string[];
  readonly rest: string;
}

/** Splits off the flags that stand before an instruction's arguments; `--` alone ends them. */
export function splitFlags(text: string, escapeToken: string): FlagsAndRest {
  const flags: string[] = [];
  let position = 0;
  for (;;) {
    while (position < text.length && whitespace.test(text[position] as string)) position += 1;
    if (!text.startsWith('--', position)) return { flags, rest: text.slice(position).trim() };
    const flag = readFlag(text, position, escapeToken);
    position = flag.end;
    if (flag.text === '--') return { flags, rest: text.slice(position).trim() };
    flags.push(flag.text);
  }
}

function readFlag(text: string, start: number, escapeToken: string): { text: string; end: number } {
  let flag = '';
  let quote: string | undefined;
  let position = start;
  for (; position < text.length; position += 1) {
    const character = text[position] as string;
    if (character === quote) quote = undefined;
    else if (character === escapeToken) {
      position += 1;
      flag += text[position] ?? '';
    } else if (quote !== undefined) flag += character;
    else if (whitespace.test(character)) break;
    else if (character === "'" || character === '"') quote = character;
    else flag += character;
  }
  return { text: flag, end: position };
}

/** Splits at white space outside quotes; quotes and escapes stay in the words, for the shell lexer. */
function splitQuoted(text: string, escapeToken: string): string[] {
  const words: string[] = [];
  let start: number | undefined;
  let quote: string | undefined;
  for (let position = 0; position < text.length; position += 1) {
    const character = text[position] as string;
    if (start === undefined && whitespace.test(character)) continue;
    start ??= position;
    if (character === escapeToken && quote !== "'") position += 1;
    else if (quote !== undefined) quote = character === quote ? undefined : quote;
    else if (character === "'" || character === '"') quote = character;
    else if (whitespace.test(character)) {
      words.push(text.slice(start, position));
      start = undefined;
    }
  }
  if (start !== undefined) words.push(text.slice(start));
  return words;
}

/** Splits at white space, nothing else. */
export function splitWords(text: string): string[] {
  return text.split(blanks).filter(word => word !== '');
}

/**
 * The strings of a text that is a JSON array of strings; undefined where it is no JSON array, which docker then takes as
 * a command line. Throws what `fail` makes of it where an element is not a string.
 */
export function stringArray(text: string, fail: Fail): string[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  if (!value.every(item => typeof item === 'string')) {
    throw fail('when using JSON array syntax, arrays must be comprised of strings only');
  }
  return value;
}

/** A pair of ENV or LABEL, as written; `legacy` is the old form, `name rest of line`. */
export interface Pair {
  readonly name: string;
  readonly value: string;
  readonly legacy: boolean;
}

/** The pairs of ENV and LABEL: `k=v k2="v 2"`, or the old `k rest of line`. Throws what `fail` makes of docker's words. */
export function nameValues(
  text: string,
  { name, escapeToken, fail }: { readonly name: string; readonly escapeToken: string; readonly fail: Fail },
): Pair[] {
  const words = splitQuoted(text, escapeToken);
  if (words.length === 0) throw fail(`${name} requires at least one argument`);
  if (!(words[0] as string).includes('=')) {
    const space = text.search(blanks);
    if (space < 0) throw fail(`${name} must have two arguments`);
    return [{ name: text.slice(0, space), value: text.slice(space).replace(/^[\t\v\f\r ]+/, ''), legacy: true }];
  }
  return words.map(word => {
    const equals = word.indexOf('=');
    if (equals < 0)
      throw fail(`Syntax error - can't find = in ${goQuoted(word)}. Must be of the form: name=value`, word);
    if (equals === 0) throw fail(`${name} names can not be blank`, word);
    return { name: word.slice(0, equals), value: word.slice(equals + 1), legacy: false };
  });
}

/** The same of a trigger, where names may be blank and nothing is a fault yet. */
export function checkPairs(text: string, grammar: Parameters<typeof nameValues>[1]): void {
  const words = splitQuoted(text, grammar.escapeToken).filter(word => !word.startsWith('='));
  if (words.length > 0) nameValues(text, grammar);
}

/** The names of ARG, with the values that some have. Throws what `fail` makes of docker's words. */
export function argumentsOf(text: string, { escapeToken, fail }: { escapeToken: string; fail: Fail }): Argument[] {
  const words = splitQuoted(text, escapeToken);
  if (words.length === 0) throw fail('ARG requires at least one argument');
  return words.map(word => {
    const equals = word.indexOf('=');
    if (equals === 0) throw fail('ARG names can not be blank', word);
    return equals < 0 ? { name: word } : { name: word.slice(0, equals), value: word.slice(equals + 1) };
  });
}

/** One argument of ARG, as written. */
export interface Argument {
  readonly name: string;
  readonly value?: string;
}
