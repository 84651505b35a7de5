/** Characters that a terminal acts on: C0, DEL, C1, and marks of text direction and of lines. */
const controls = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

function escaped(character: string): string {
  const short: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };
  const code = character.charCodeAt(0);
  return (
    short[character] ??
    (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`)
  );
}

/** A text from an image as one line that is safe to print. */
export function escapeLine(text: string): string {
  return text.replace(controls, escaped);
}

/** The same for text of several lines: `\n` and `\t` stay. */
export function escapeText(text: string): string {
  return text.replace(controls, character =>
    character === '\n' || character === '\t' ? character : escaped(character),
  );
}
