import { invalid } from '../errors.ts';

const decoder = new TextDecoder();

/** Bytes as text, whatever is not UTF-8 replaced; a byte order mark is dropped. */
export const utf8Of = (bytes: Uint8Array): string => decoder.decode(bytes);

/** The lines of a text one after another, without what ends them. */
export function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const stop = end < 0 ? text.length : end;
    yield text.charCodeAt(stop - 1) === 13 && stop > at ? text.slice(at, stop - 1) : text.slice(at, stop);
    at = stop + 1;
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

/** A value as an object; an empty one where it is none. */
export const objectOf = (value: unknown): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

/** JSON as programs other than ours write it. Throws `invalid`. */
export function looseJson(bytes: Uint8Array, subject: string): unknown {
  try {
    return JSON.parse(utf8Of(bytes));
  } catch {
    throw invalid(subject, 'JSON', 'something else');
  }
}
