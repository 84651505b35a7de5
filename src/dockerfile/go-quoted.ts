const printable = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;
const escapes: ReadonlyMap<string, string> = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ['"', '\\"'],
]);

/** A text as Go's `%q` prints it. */
export function goQuoted(text: string): string {
  const parts = [...text].map(
    character => escapes.get(character) ?? (printable.test(character) ? character : hex(character)),
  );
  return `"${parts.join('')}"`;
}

function hex(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code < 0x80) return `\\x${digits.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`;
}
