import type { Fail } from '../errors.ts';

/** The fields of one line of CSV (RFC 4180): quotes around a field keep its commas, a quote inside is doubled. */
export function csvFields(text: string, fail: Fail): string[] {
  if (text === '') throw fail('failed to parse csv mounts: EOF');
  const fields: string[] = [];
  let at = 0;
  do {
    const quoted = text[at] === '"';
    const field = quoted ? quotedField(text, at + 1, fail) : plainField(text, at, fail);
    fields.push(field.text);
    at = field.end + 1;
  } while (at <= text.length);
  return fields;
}

function plainField(text: string, start: number, fail: Fail): { text: string; end: number } {
  const comma = text.indexOf(',', start);
  const end = comma < 0 ? text.length : comma;
  const field = text.slice(start, end);
  if (field.includes('"')) throw fail('failed to parse csv mounts: bare " in non-quoted-field', field);
  return { text: field, end };
}

function quotedField(text: string, start: number, fail: Fail): { text: string; end: number } {
  const parts: string[] = [];
  for (let from = start; ; ) {
    const quote = text.indexOf('"', from);
    if (quote < 0) throw fail('failed to parse csv mounts: extraneous or missing " in quoted-field', text);
    if (text[quote + 1] !== '"') {
      if (quote + 1 < text.length && text[quote + 1] !== ',')
        throw fail('failed to parse csv mounts: extraneous or missing " in quoted-field', text);
      parts.push(text.slice(from, quote));
      return { text: parts.join(''), end: quote + 1 };
    }
    parts.push(text.slice(from, quote + 1));
    from = quote + 2;
  }
}
