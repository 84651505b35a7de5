import { usage } from '../../errors.ts';
import { templateLimit } from '../../limits.ts';

/** One word of a template. `spaced`: white space stands before it. */
export interface Token {
  readonly kind:
    | 'text'
    | 'open'
    | 'close'
    | 'field'
    | 'dot'
    | 'variable'
    | 'number'
    | 'string'
    | 'word'
    | '|'
    | '('
    | ')'
    | ':='
    | '='
    | ',';
  /** As written; of a text, after trimming. */
  readonly text: string;
  /** What a literal stands for. */
  readonly value?: string | number;
  readonly at: number;
  readonly spaced: boolean;
}

const action =
  /(?<space>[ \t\r\n]+)|(?<field>\.[\p{L}_][\p{L}\p{Nd}_]*)|(?<variable>\$[\p{L}\p{Nd}_]*)|(?<number>[+-]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))|(?<raw>`[^`]*`)|(?<string>"(?:[^"\\\n]|\\[^\n])*")|(?<char>'(?:[^'\\\n]|\\[^\n]{1,10}?)')|(?<word>[\p{L}_][\p{L}\p{Nd}_]*)|(?<mark>:=|[|()=,])|(?<dot>\.)/uy;

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** Go's words for a template that is no template, at the line of an offset. */
export function templateError(source: string, at: number, message: string): Error {
  return usage('--format', `template: :${source.slice(0, at).split('\n').length}: ${message}`);
}

function unquote(source: string, literal: string, at: number): string {
  return literal
    .slice(1, -1)
    .replace(
      /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gsu,
      (_all, ...found: string[]) => {
        const [hex, short, long, octal, letter] = found;
        const digits = hex ?? short ?? long;
        const code = digits === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(digits, 16);
        if (letter === undefined && code <= 0x10ffff) return String.fromCodePoint(code);
        const plain = escapes[letter ?? ''];
        if (plain === undefined) throw templateError(source, at, `invalid syntax in ${literal}`);
        return plain;
      },
    );
}

function numberOf(source: string, text: string, at: number): number {
  const plain = text.replaceAll('_', '').replace(/^\+/, '');
  const value = plain.startsWith('-') ? -Number(plain.slice(1)) : Number(plain);
  if (Number.isNaN(value)) throw templateError(source, at, `bad number syntax: "${text}"`);
  return value;
}

function tokenOf(
  source: string,
  groups: Record<string, string | undefined>,
  place: Pick<Token, 'at' | 'spaced'>,
): Token {
  const { field, variable, number, raw, string, char, word, mark } = groups;
  if (field !== undefined) return { kind: 'field', text: field.slice(1), ...place };
  if (variable !== undefined) return { kind: 'variable', text: variable, ...place };
  if (number !== undefined)
    return { kind: 'number', text: number, value: numberOf(source, number, place.at), ...place };
  if (raw !== undefined) return { kind: 'string', text: raw, value: raw.slice(1, -1), ...place };
  if (string !== undefined) return { kind: 'string', text: string, value: unquote(source, string, place.at), ...place };
  if (char !== undefined) {
    return { kind: 'number', text: char, value: unquote(source, char, place.at).codePointAt(0) ?? 0, ...place };
  }
  if (word !== undefined) return { kind: 'word', text: word, ...place };
  if (mark !== undefined) return { kind: mark as '|' | '(' | ')' | ':=' | '=' | ',', text: mark, ...place };
  return { kind: 'dot', text: '.', ...place };
}

/** The words between an action's braces; answers the offset of what follows it. */
function lexAction(source: string, start: number, tokens: Token[]): number {
  let at = start;
  let spaced = false;
  for (;;) {
    const end = source.startsWith('}}', at) ? 2 : spaced && source.startsWith('-}}', at) ? 3 : 0;
    if (end > 0) {
      tokens.push({ kind: 'close', text: '}}', at, spaced });
      return at + end;
    }
    if (at >= source.length) throw templateError(source, start, 'unclosed action');
    action.lastIndex = at;
    const found = action.exec(source);
    if (found?.groups === undefined) throw templateError(source, at, unexpected(source, at));
    if (found.groups['space'] === undefined) tokens.push(tokenOf(source, found.groups, { at, spaced }));
    spaced = found.groups['space'] !== undefined;
    at += found[0].length;
  }
}

function unexpected(source: string, at: number): string {
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  if (character === '"') return 'unterminated quoted string';
  if (character === '`') return 'unterminated raw quoted string';
  if (character === "'") return 'unterminated character constant';
  return `unrecognized character in action: ${JSON.stringify(character)}`;
}

/** The words of a template. Literal text comes trimmed as its neighbours' `{{-` and `-}}` ask; comments are gone. */
export function lexTemplate(source: string): readonly Token[] {
  if (source.length > templateLimit)
    throw usage('--format', `expected a template of at most ${templateLimit} characters, got ${source.length}`);
  const tokens: Token[] = [];
  let at = 0;
  let trimNext = false;
  while (at < source.length) {
    const open = source.indexOf('{{', at);
    const textEnd = open === -1 ? source.length : open;
    const trimEnd = open !== -1 && /^{{-[ \t\r\n]/.test(source.slice(open, open + 4));
    pushText(tokens, source.slice(at, textEnd), { at, trimNext, trimEnd });
    if (open === -1) break;
    const inner = open + (trimEnd ? 3 : 2);
    const comment = /^[ \t\r\n]*\/\*/.exec(source.slice(inner));
    if (comment === null) {
      tokens.push({ kind: 'open', text: '{{', at: open, spaced: false });
      at = lexAction(source, inner, tokens);
    } else at = commentEnd(source, inner + comment[0].length);
    trimNext = source.startsWith('-}}', at - 3) && /[ \t\r\n]/.test(source[at - 4] ?? '');
  }
  return tokens;
}

function pushText(
  tokens: Token[],
  literal: string,
  options: { readonly at: number; readonly trimNext: boolean; readonly trimEnd: boolean },
): void {
  const left = options.trimNext ? literal.replace(/^[ \t\r\n]+/, '') : literal;
  const text = options.trimEnd ? left.replace(/(?<![ \t\r\n])[ \t\r\n]+$/, '') : left;
  if (text !== '') tokens.push({ kind: 'text', text, at: options.at, spaced: false });
}

function commentEnd(source: string, start: number): number {
  const end = source.indexOf('*/', start);
  if (end === -1) throw templateError(source, start, 'unclosed comment');
  const close = /^(?:[ \t\r\n]+-)?}}/.exec(source.slice(end + 2));
  if (close === null) throw templateError(source, end, 'comment ends before closing delimiter');
  return end + 2 + close[0].length;
}
