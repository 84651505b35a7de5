import { invalid, type OciError } from '../errors.ts';
import { jsonDepthLimit } from '../limits.ts';
import type { Json } from './objects.ts';

const maxShown = 64;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const plain = /[^"\\\u0000-\u001f]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const words = ['true', 'false', 'null'];

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openArray, closeArray, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/** What may stand next: a value, the end of what was just opened, a name, its colon, or what comes after a value. */
type Next = 'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'after';

function textOf(bytes: Uint8Array, subject: string): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
    throw invalid(subject, 'JSON in UTF-8', 'a byte order mark');
  try {
    return decoder.decode(bytes);
  } catch {
    throw invalid(subject, 'JSON in UTF-8', 'bytes that are not UTF-8');
  }
}

function lineAndColumn(text: string, at: number): string {
  const before = text.slice(0, at).split('\n');
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}

function characterAt(text: string, at: number): string {
  const code = text.codePointAt(at);
  if (code === undefined) return 'the end';
  return code < 0x20 ? `U+${code.toString(16).toUpperCase().padStart(4, '0')}` : `'${String.fromCodePoint(code)}'`;
}

/**
 * Walks JSON (RFC 8259) once and stops at what JSON.parse would refuse, and at what it lets pass: nesting that is too
 * deep, and one name twice in an object, which two readers may take differently (RFC 7493). A loop and a stack of its
 * own: depth in a document costs no depth here.
 */
class JsonCheck {
  readonly #text: string;
  readonly #subject: string;
  /** One set of names for every open object, undefined for an open array. */
  readonly #open: (Set<string> | undefined)[] = [];
  #at = 0;
  #next: Next = 'value';

  constructor(text: string, subject: string) {
    this.#text = text;
    this.#subject = subject;
  }

  run(): void {
    for (;;) {
      const code = this.#skipSpace();
      if (Number.isNaN(code)) break;
      if (code === quote) this.#string();
      else if (code === openObject || code === openArray) this.#enter(code);
      else if (code === closeObject || code === closeArray) this.#leave(code);
      else if (code === comma || code === colon) this.#separator(code);
      else this.#scalar();
    }
    if (this.#next !== 'after' || this.#open.length > 0) throw this.#wrong();
  }

  #skipSpace(): number {
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
    }
  }

  #wrong(at = this.#at): OciError {
    return invalid(this.#subject, 'JSON', `${characterAt(this.#text, at)} at ${lineAndColumn(this.#text, at)}`);
  }

  #valueMayStand(): boolean {
    return this.#next === 'value' || this.#next === 'value or end';
  }

  #enter(code: number): void {
    if (!this.#valueMayStand()) throw this.#wrong();
    if (this.#open.push(code === openObject ? new Set() : undefined) > jsonDepthLimit) {
      throw invalid(
        this.#subject,
        `JSON nested at most ${jsonDepthLimit} deep`,
        `more at ${lineAndColumn(this.#text, this.#at)}`,
      );
    }
    this.#next = code === openObject ? 'name or end' : 'value or end';
    this.#at++;
  }

  #leave(code: number): void {
    const isObject = this.#open.at(-1) !== undefined;
    const mayEnd = this.#next === 'after' || this.#next === (isObject ? 'name or end' : 'value or end');
    if (this.#open.length === 0 || !mayEnd || isObject !== (code === closeObject)) throw this.#wrong();
    this.#open.pop();
    this.#next = 'after';
    this.#at++;
  }

  #separator(code: number): void {
    if (code === colon ? this.#next !== 'colon' : this.#next !== 'after' || this.#open.length === 0)
      throw this.#wrong();
    this.#next = code === colon || this.#open.at(-1) === undefined ? 'value' : 'name';
    this.#at++;
  }

  #string(): void {
    const start = this.#at;
    const end = this.#stringEnd();
    if (this.#next === 'name' || this.#next === 'name or end') {
      this.#name(start, end);
      this.#next = 'colon';
    } else if (this.#valueMayStand()) this.#next = 'after';
    else throw this.#wrong();
    this.#at = end;
  }

  /** Past the closing quote of the string that begins here. */
  #stringEnd(): number {
    for (let at = this.#at + 1; ; ) {
      plain.lastIndex = at;
      plain.test(this.#text);
      at = plain.lastIndex;
      const code = this.#text.charCodeAt(at);
      if (code === quote) return at + 1;
      if (code !== backslash) throw this.#wrong(at);
      at += 1 + this.#escape(at + 1);
    }
  }

  /** The characters of an escape after its backslash. */
  #escape(at: number): number {
    const letter = this.#text.charAt(at);
    if (letter === 'u' && /^[0-9a-fA-F]{4}$/.test(this.#text.slice(at + 1, at + 5))) return 5;
    if (letter !== '' && '"\\/bfnrt'.includes(letter)) return 1;
    throw this.#wrong(at);
  }

  #name(start: number, end: number): void {
    const literal = this.#text.slice(start, end);
    const name = literal.includes('\\') ? String(JSON.parse(literal)) : literal.slice(1, -1);
    const names = this.#open.at(-1) as Set<string>;
    if (names.has(name)) {
      throw invalid(
        this.#subject,
        'each name once in an object',
        `'${name.slice(0, maxShown)}' again at ${lineAndColumn(this.#text, start)}`,
      );
    }
    names.add(name);
  }

  #scalar(): void {
    if (!this.#valueMayStand()) throw this.#wrong();
    const word = words.find(candidate => this.#text.startsWith(candidate, this.#at));
    number.lastIndex = this.#at;
    if (word !== undefined) this.#at += word.length;
    else if (number.test(this.#text)) this.#at = number.lastIndex;
    else throw this.#wrong();
    this.#next = 'after';
  }
}

/**
 * Decodes JSON strictly: UTF-8 without byte order mark, names once in an object, at most 100 levels.
 * Throws `invalid` with what is wrong and where.
 */
export function parseJson(bytes: Uint8Array, subject: string): Json {
  const text = textOf(bytes, subject);
  new JsonCheck(text, subject).run();
  return JSON.parse(text) as Json;
}
