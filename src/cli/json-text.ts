/** What JSON.stringify leaves as it is and a terminal may act on: DEL, C1, and marks of text direction. */
const unsafe = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const unicodeEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A text of JSON without any control character in it but those that lay it out. */
export const safeJson = (text: string): string => text.replace(unsafe, unicodeEscape);

/** A value as JSON without any control character in it. */
export function jsonText(value: unknown, indent = 0): string {
  return (JSON.stringify(value ?? null, undefined, indent) ?? 'null').replace(unsafe, unicodeEscape);
}

/** The texts that an object's line of JSON consists of, one for each value of the lists in it. */
export function* jsonLine(value: object): Generator<string> {
  let before = '{';
  for (const [field, content] of Object.entries(value)) {
    if (content === undefined) continue;
    yield `${before}${jsonText(field)}:`;
    before = ',';
    if (Array.isArray(content)) yield* listTexts(content);
    else yield jsonText(content);
  }
  yield before === '{' ? '{}\n' : '}\n';
}

function* listTexts(values: readonly unknown[]): Generator<string> {
  yield '[';
  for (const [at, value] of values.entries()) yield `${at === 0 ? '' : ','}${jsonText(value)}`;
  yield ']';
}

/** One line of JSON as Go's encoder writes a map of texts: keys sorted, `<`, `>` and `&` escaped for HTML. */
export function goJsonLine(row: Readonly<Record<string, unknown>>): string {
  const sorted = Object.fromEntries(
    Object.keys(row)
      .sort()
      .map(key => [key, row[key]]),
  );
  return jsonText(sorted).replace(/[<>&]/g, unicodeEscape);
}
