import { usage } from '../errors.ts';

const whitespace = /\s/;

interface FlagsAndRest {
  /** Unquoted, with their dashes: `--interval=3s`. */
  readonly flags: readonly string[];
  readonly rest: string;
}

/** Splits off the flags that stand before an instruction's arguments; `--` alone ends them. */
export function splitFlags(text: string): FlagsAndRest {
  const flags: string[] = [];
  let position = 0;
  for (;;) {
    while (position < text.length && whitespace.test(text[position] as string)) position += 1;
    if (!text.startsWith('--', position)) return { flags, rest: text.slice(position).trim() };
    const flag = readFlag(text, position);
    position = flag.end;
    if (flag.text === '--') return { flags, rest: text.slice(position).trim() };
    flags.push(flag.text);
  }
}

function readFlag(text: string, start: number): { text: string; end: number } {
  let flag = '';
  let quote: string | undefined;
  let position = start;
  for (; position < text.length; position += 1) {
    const character = text[position] as string;
    if (character === quote) quote = undefined;
    else if (character === '\\') {
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
  return text.split(/\s+/).filter(word => word !== '');
}

/**
 * The strings of a text that is a JSON array of strings; undefined where it is no JSON array, which docker then takes as
 * a command line. Throws `usage` where an element is not a string.
 */
export function stringArray(text: string, subject: string): string[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  if (!value.every(item => typeof item === 'string')) {
    throw usage(subject, 'when using JSON array syntax, arrays must be comprised of strings only');
  }
  return value;
}

/** The pairs of ENV and LABEL: `k=v k2="v 2"`, or the old `k rest of line`. Throws `usage` as docker words it. */
export function nameValues(
  text: string,
  options: { name: string; escapeToken: string; subject: string },
): [string, string][] {
  const { name, escapeToken, subject } = options;
  const words = splitQuoted(text, escapeToken);
  if (words.length === 0) throw usage(subject, `${name} requires at least one argument`);
  if (!(words[0] as string).includes('=')) {
    const space = text.search(whitespace);
    if (space < 0) throw usage(subject, `${name} must have two arguments`);
    return [[text.slice(0, space), text.slice(space).trimStart()]];
  }
  return words.map(word => {
    const equals = word.indexOf('=');
    if (equals < 0) throw usage(subject, `Syntax error - can't find = in "${word}". Must be of the form: name=value`);
    if (equals === 0) throw usage(subject, `${name} names can not be blank`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}
