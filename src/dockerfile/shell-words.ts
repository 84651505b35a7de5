import type { Fail } from '../errors.ts';
import { substitutionDepthLimit } from '../limits.ts';
import { goQuoted } from './go-quoted.ts';
import { parseShellPattern, withoutPrefix, withoutSuffix, withReplacement } from './shell-pattern.ts';

/** What words are expanded with. `spend` counts the work and throws where it is too much. */
export interface Expansion {
  readonly escapeToken: string;
  readonly fail: Fail;
  readonly variable: (name: string) => string | undefined;
  readonly spend: (characters: number) => void;
  /** Quotes quote and are removed, unless they are to stay (`kept`) or are characters as all others (`plain`). */
  readonly quotes?: 'kept' | 'plain';
  /** Escapes are removed, unless they are to stay. */
  readonly escapes?: 'kept';
  /** A variable that is not set is empty, unless it is to stay as it is written. */
  readonly unset?: 'kept';
}

/** A text after expansion; `raw` characters (quoted or escaped) never separate words. */
type Emit = (text: string, raw: boolean) => void;

const whitespace = /\s/;
const alphanumeric = /[\p{L}\p{Nd}_]/u;
const digit = /\p{Nd}/u;
const specialNames = '@*#?-$!0';

/** Expands and unquotes a text as one word, by the rules of docker's shell lexer. Throws what `fail` makes of docker's words. */
export function expandWord(text: string, expansion: Expansion): string {
  return new Lexer(text, expansion).run(undefined, { rawEscapes: expansion.escapes === 'kept', depth: 0 });
}

/** The same, split where unquoted white space stands, also inside the values of variables. */
export function expandWords(text: string, expansion: Expansion): string[] {
  const words: string[] = [];
  let word = '';
  const emit: Emit = (part, raw) => {
    if (raw) {
      word += part;
      return;
    }
    for (const character of part) {
      if (!whitespace.test(character)) word += character;
      else if (word !== '') {
        words.push(word);
        word = '';
      }
    }
  };
  new Lexer(text, expansion).run(undefined, { rawEscapes: expansion.escapes === 'kept', depth: 0, emit });
  return word === '' ? words : [...words, word];
}

interface Mode {
  /** Escapes stay in the result: a pattern reads them itself. */
  readonly rawEscapes: boolean;
  readonly depth: number;
  readonly emit?: Emit;
}

class Lexer {
  readonly #characters: readonly string[];
  readonly #expansion: Expansion;
  #position = 0;

  constructor(text: string, expansion: Expansion) {
    this.#characters = [...text];
    this.#expansion = expansion;
    expansion.spend(text.length);
  }

  #peek(): string | undefined {
    return this.#characters[this.#position];
  }

  #next(): string | undefined {
    const character = this.#characters[this.#position];
    this.#position += 1;
    return character;
  }

  #error(message: string): Error {
    const text = this.#characters.join('');
    return this.#expansion.fail(`failed to process ${goQuoted(text)}: ${message}`, text);
  }

  /** Reads to `stop` (which is swallowed) or to the end. */
  run(stop: string | undefined, mode: Mode): string {
    let result = '';
    for (let character = this.#peek(); character !== undefined; character = this.#peek()) {
      if (character === stop) {
        this.#position += 1;
        return result;
      }
      const { text, raw } = this.#piece(character, mode);
      mode.emit?.(text, raw);
      result += text;
    }
    if (stop !== undefined)
      throw this.#error(stop === '/' ? `syntax error: missing '/' in \${}` : `syntax error: missing '${stop}'`);
    return result;
  }

  #piece(character: string, mode: Mode): { text: string; raw: boolean } {
    if (character === '$') return { text: this.#dollar(mode), raw: false };
    this.#position += 1;
    const quoting = this.#expansion.quotes !== 'plain';
    if (quoting && (character === "'" || character === '"')) {
      const text = character === "'" ? this.#single() : this.#double(mode);
      return { text: this.#expansion.quotes === 'kept' ? character + text + character : text, raw: true };
    }
    if (character === '<' && this.#peek() === '<') return { text: `<${this.#heredocMark()}`, raw: true };
    if (character !== this.#expansion.escapeToken) return { text: character, raw: false };
    const escaped = this.#next() ?? '';
    return { text: mode.rawEscapes ? character + escaped : escaped, raw: true };
  }

  /** White space between `<<` and its word does not separate them. */
  #heredocMark(): string {
    let mark = this.#next() ?? '';
    for (let blank = this.#peek(); blank === ' ' || blank === '\t' || blank === '\r'; blank = this.#peek()) {
      mark += blank;
      this.#position += 1;
    }
    return mark;
  }

  #single(): string {
    const end = this.#characters.indexOf("'", this.#position);
    if (end < 0) throw this.#error('unexpected end of statement while looking for matching single-quote');
    const text = this.#characters.slice(this.#position, end).join('');
    this.#position = end + 1;
    return text;
  }

  #double(mode: Mode): string {
    let result = '';
    for (let character = this.#peek(); character !== undefined; character = this.#peek()) {
      if (character === '$') {
        result += this.#dollar(mode);
        continue;
      }
      this.#position += 1;
      if (character === '"') return result;
      result += character === this.#expansion.escapeToken ? this.#escapeInQuotes(character, mode) : character;
    }
    throw this.#error('unexpected end of statement while looking for matching double-quote');
  }

  #escapeInQuotes(escapeToken: string, mode: Mode): string {
    const following = this.#peek();
    if (following !== '"' && following !== '$' && following !== escapeToken) return escapeToken;
    this.#position += 1;
    return mode.rawEscapes ? escapeToken + following : following;
  }

  #dollar(mode: Mode): string {
    this.#position += 1;
    if (this.#peek() !== '{') {
      const name = this.#name();
      return name === '' ? '$' : (this.#value(name) ?? this.#written(`$${name}`));
    }
    this.#position += 1;
    const first = this.#peek();
    if (first === undefined) throw this.#error("syntax error: missing '}'");
    if (first === '{' || first === '}' || first === ':') throw this.#error('syntax error: bad substitution');
    if (mode.depth >= substitutionDepthLimit)
      throw this.#error(`expected substitutions at most ${substitutionDepthLimit} deep, got more`);
    return this.#substitution(this.#name(), { rawEscapes: false, depth: mode.depth + 1 });
  }

  /** What stands for a variable that is not set. */
  #written(text: string): string {
    return this.#expansion.unset === 'kept' ? text : '';
  }

  #substitution(name: string, mode: Mode): string {
    const operator = this.#next();
    if (operator === undefined) throw this.#error("syntax error: missing '}'");
    if (operator === '}') return this.#value(name) ?? this.#written(`\${${name}}`);
    if (operator === '/') return this.#replace(name, mode);
    if (operator === '#' || operator === '%') return this.#trim(name, operator, mode);
    const emptyIsUnset = operator === ':';
    const choice = emptyIsUnset ? this.#next() : operator;
    if (choice !== '-' && choice !== '+' && choice !== '?') {
      throw this.#error(`unsupported modifier (${emptyIsUnset ? ':' : ''}${choice ?? ''}) in substitution`);
    }
    const word = this.run('}', mode);
    const value = this.#value(name);
    const there = value !== undefined && !(emptyIsUnset && value === '');
    if (value === undefined && this.#expansion.unset === 'kept')
      return `\${${name}${emptyIsUnset ? ':' : ''}${choice}${word}}`;
    if (choice === '+') return there ? word : '';
    if (there) return value;
    if (choice === '-') return word;
    throw this.#error(
      `${name}: ${word === '' ? `is not allowed to be ${value === undefined ? 'unset' : 'empty'}` : word}`,
    );
  }

  #trim(name: string, operator: '#' | '%', mode: Mode): string {
    const word = this.run('}', { ...mode, rawEscapes: true });
    const value = this.#value(name);
    if (value === undefined && this.#expansion.unset === 'kept') return `\${${name}${operator}${word}}`;
    const greedy = word.startsWith(operator);
    const pattern = this.#pattern(greedy ? word.slice(1) : word, value);
    return operator === '#' ? withoutPrefix(value ?? '', pattern, greedy) : withoutSuffix(value ?? '', pattern, greedy);
  }

  /** The replacement is taken with its escapes, as docker takes it. */
  #replace(name: string, mode: Mode): string {
    const all = this.#peek() === '/';
    if (all) this.#position += 1;
    const wanted = this.run('/', { ...mode, rawEscapes: true });
    const text = this.run('}', { ...mode, rawEscapes: true });
    const value = this.#value(name);
    if (value === undefined && this.#expansion.unset === 'kept')
      return `\${${name}${all ? '//' : '/'}${wanted}/${text}}`;
    if (all) this.#expansion.spend((1 + (value ?? '').length) * text.length);
    return withReplacement(value ?? '', this.#pattern(wanted, value), { text, all });
  }

  #pattern(text: string, value = ''): ReturnType<typeof parseShellPattern> {
    this.#expansion.spend(text.length * value.length);
    return parseShellPattern(text, message => this.#error(message));
  }

  #value(name: string): string | undefined {
    const value = this.#expansion.variable(name);
    this.#expansion.spend(value?.length ?? 0);
    return value;
  }

  /** A name, a run of digits, or one of the shell's special parameters; empty where none stands. */
  #name(): string {
    const first = this.#peek();
    if (first === undefined) return '';
    if (!digit.test(first) && specialNames.includes(first)) return this.#next() ?? '';
    const part = digit.test(first) ? digit : alphanumeric;
    let name = '';
    for (let character = this.#peek(); character !== undefined && part.test(character); character = this.#peek()) {
      name += character;
      this.#position += 1;
    }
    return name;
  }
}
