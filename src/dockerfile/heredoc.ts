import { expandWords } from './shell-words.ts';
import { splitFlags, stringArray } from './words.ts';

/** A heredoc's word, `N<<-WORD`, and once it has been read its content, with line ends as they stand in the file. */
export interface Heredoc {
  readonly name: string;
  /** Whether variables in the content are expanded: nothing of WORD is quoted. */
  readonly expand: boolean;
  /** `<<-`: tabs at the start of lines do not count. */
  readonly chomp: boolean;
}

const takers: ReadonlySet<string> = new Set(['RUN', 'ADD', 'COPY']);
const wordPattern = /^\d*<<(-?)[\t\n\v\f\r ]*([^<]*)$/;

const none = (): Error => new SyntaxError('unbalanced');
const asWritten = {
  escapeToken: '\\',
  fail: none,
  variable: () => undefined,
  spend: () => {},
  unset: 'kept',
} as const;

/** The heredocs that an instruction announces: RUN, ADD and COPY, or ONBUILD of those, and never in the JSON form. */
export function heredocsOf(text: string, escapeToken: string): readonly Heredoc[] {
  if (!text.includes('<<') || !takesHeredocs(text, escapeToken)) return [];
  const words = wordsOf(text, { quotes: 'kept', escapes: 'kept' }) ?? [];
  return words.map(parseHeredoc).filter(heredoc => heredoc !== undefined);
}

function takesHeredocs(text: string, escapeToken: string): boolean {
  const { name, rest } = splitInstruction(text);
  const given = splitFlags(rest, escapeToken).rest;
  if (name === 'ONBUILD') return !given.toUpperCase().startsWith('ONBUILD') && takesHeredocs(given, escapeToken);
  return takers.has(name) && !isArray(given);
}

/** Splits off an instruction's name, in capitals. */
export function splitInstruction(text: string): {
  readonly name: string;
  readonly written: string;
  readonly rest: string;
} {
  const trimmed = text.trimStart();
  const written = /^[^\t\v\f\r ]*/.exec(trimmed)?.[0] ?? '';
  return { name: written.toUpperCase(), written, rest: trimmed.slice(written.length) };
}

/** Whether it is an array in JSON; one of other things than strings is refused when the instruction is read. */
function isArray(text: string): boolean {
  try {
    return stringArray(text, none) !== undefined;
  } catch {
    return true;
  }
}

function wordsOf(text: string, kept: { quotes?: 'kept'; escapes?: 'kept' }): readonly string[] | undefined {
  try {
    return expandWords(text, { ...asWritten, ...kept });
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A word that is a heredoc's, or undefined. */
export function parseHeredoc(word: string): Heredoc | undefined {
  const match = wordPattern.exec(word);
  const rest = match?.[2] ?? '';
  if (rest === '') return undefined;
  const [name, ...more] = wordsOf(rest, {}) ?? [];
  const raw = wordsOf(rest, { quotes: 'kept' })?.[0];
  if (name === undefined || raw === undefined || more.length > 0) return undefined;
  return { name, expand: quotesIn(name) === quotesIn(raw), chomp: match?.[1] === '-' };
}

const quotesIn = (text: string): number => text.replace(/[^'"]/g, '').length;

/** A heredoc's content without the tabs that `<<-` drops. */
export function chomped(content: string): string {
  return content.replace(/^\t+/gm, '');
}
