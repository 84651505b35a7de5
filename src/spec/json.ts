import { invalid } from '../errors.ts';
import type { Json } from './objects.ts';

const maxDepth = 100;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array, subject: string): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
    throw invalid(subject, 'JSON in UTF-8', 'a byte order mark');
  try {
    return decoder.decode(bytes);
  } catch {
    throw invalid(subject, 'JSON in UTF-8', 'bytes that are not UTF-8');
  }
}

/** End of the string that begins at `start`, past its quote. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/**
 * What JSON.parse lets pass: nesting that is too deep, and one name twice in an object, which two readers may take
 * differently (RFC 7493). Looks at structure only; JSON.parse has found the text well-formed or will say where it is not.
 */
function checkStructure(text: string, subject: string): void {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '[') {
      if (open.push(character === '{' ? new Set() : undefined) > maxDepth) {
        throw invalid(subject, `JSON nested at most ${maxDepth} deep`, `more at position ${at}`);
      }
    } else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = stringEnd(text, at);
      const names = open.at(-1);
      if (names !== undefined && /^\s*:/.test(text.slice(end, end + 16)))
        checkName(text.slice(at, end), names, { subject, at });
      at = end - 1;
    }
  }
}

function checkName(
  literal: string,
  names: Set<string>,
  place: { readonly subject: string; readonly at: number },
): void {
  const name = literal.includes('\\') ? String(parseText(literal, place.subject)) : literal.slice(1, -1);
  if (names.has(name))
    throw invalid(place.subject, 'each name once in an object', `'${name.slice(0, 64)}' again at position ${place.at}`);
  names.add(name);
}

function parseText(text: string, subject: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw invalid(subject, 'JSON', `something else (${(error as Error).message.slice(0, 120)})`);
  }
}

/**
 * Decodes JSON strictly: UTF-8 without byte order mark, names once in an object, at most 100 levels.
 * Throws `invalid` with what is wrong and where.
 */
export function parseJson(bytes: Uint8Array, subject: string): Json {
  const text = textOf(bytes, subject);
  checkStructure(text, subject);
  return parseText(text, subject);
}
