import { linesOf } from './text.ts';

/** Fields of a stanza by their names in lower case, each as often as it stands there; lines of one value are joined by newlines. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** A field's first value, without blanks around it; undefined where it is not there or empty. */
export function fieldOf(fields: Fields, name: string): string | undefined {
  const value = fields.get(name)?.[0]?.trim();
  return value === '' ? undefined : value;
}

/** The stanzas of a text of `Field: value` lines, as dpkg and RFC 822 have them: blank lines stand between them, a line that begins with a blank continues one. */
export function* stanzasOf(text: string): Generator<Fields> {
  let fields = new Map<string, string[]>();
  let last: string[] | undefined;
  for (const line of linesOf(text)) {
    if (line.trim() === '') {
      if (fields.size > 0) yield fields;
      fields = new Map();
      last = undefined;
    } else if (line.startsWith(' ') || line.startsWith('\t')) {
      if (last !== undefined) last.push(`${last.pop() ?? ''}\n${line}`);
    } else {
      const colon = line.indexOf(':');
      if (colon <= 0) continue;
      const name = line.slice(0, colon).toLowerCase();
      last = fields.get(name) ?? [];
      last.push(line.slice(colon + 1).trim());
      fields.set(name, last);
    }
  }
  if (fields.size > 0) yield fields;
}
