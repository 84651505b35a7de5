import { jsonText } from '../../spec/document.ts';

const escapes: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);

/** One escape: a byte or a code point in hexadecimal, or a letter. */
function unescaped(sequence: string): string {
  const code = /^\\[xuU]([0-9a-f]+)$/i.exec(sequence)?.[1];
  if (code === undefined) return escapes.get(sequence.slice(1)) ?? sequence.slice(1);
  const point = Number.parseInt(code, 16);
  return point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point);
}

/** What Go's `%q` wrote between its quotes. */
const unquoted = (text: string): string => text.replace(/\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)/gis, unescaped);

/** The quoted texts in one that Go printed, a rune as the number that it is. */
export function goTexts(text: string): readonly string[] {
  return Array.from(text.matchAll(/"((?:[^"\\]|\\.)*)"/gs), ([, inner = '']) => unquoted(inner));
}

/** A rune between single quotes, or a plain number; undefined where neither stands at the end. */
export function goRune(text: string): number | undefined {
  const [, rune, number] = /(?:'((?:[^'\\]|\\.[^']*))'|\s(\d+))\s*\}?\s*$/s.exec(text) ?? [];
  if (number !== undefined) return Number(number);
  return rune === undefined ? undefined : unquoted(rune).codePointAt(0);
}

/** What stands in brackets, quoted or as `%v` prints a list: words with blanks between. */
export function goList(text: string): readonly string[] {
  const inner = /^\[(.*)\]$/s.exec(text.trim())?.[1] ?? text.trim();
  return inner.startsWith('"') ? goTexts(inner) : inner.split(/\s+/).filter(word => word !== '');
}

/** A list as Dockerfiles have it. */
export const jsonList = (words: readonly string[]): string => `[${words.map(word => jsonText(word)).join(', ')}]`;
