import type { History, ImageConfig } from '../spec/objects.ts';

/** What stands where a text was. */
const mark = '***';

const saying = ['created_by', 'comment', 'author'] as const;

function redactLine(line: History, texts: readonly string[]): History {
  const said = saying.flatMap(key => {
    const before = line[key];
    if (typeof before !== 'string') return [];
    const after = texts.reduce((text, gone) => text.replaceAll(gone, mark), before);
    return after === before ? [] : [[key, after] as const];
  });
  return said.length === 0 ? line : { ...line, ...Object.fromEntries(said) };
}

/** A config whose lines of history have `***` in the place of some texts; the very same where none of them is there. */
export function redactHistory(config: ImageConfig, texts: readonly string[]): ImageConfig {
  const { history } = config;
  if (history == null) return config;
  // Of a text that is in another the longer one goes first, so that nothing is left of it.
  const longest = texts.toSorted((a, b) => b.length - a.length);
  const redacted = history.map(line => redactLine(line, longest));
  return redacted.every((line, at) => line === history[at]) ? config : { ...config, history: redacted };
}

/** Whether a text is anywhere in a JSON value. */
export function hasText(value: unknown, text: string): boolean {
  if (typeof value === 'string') return value.includes(text);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, member]) => key.includes(text) || hasText(member, text));
}

/** The numbers of the lines of history, 1 the first, that name a file: its whole path or its name, as a word. */
export function linesNaming(config: ImageConfig, path: string): readonly number[] {
  const last = path.slice(path.lastIndexOf('/') + 1);
  const escaped = last.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const word = new RegExp(`(?:^|[\\s/"'=:,([])${escaped}(?:$|[\\s/"';:,&|)\\]])`);
  return (config.history ?? []).flatMap(({ created_by: text }, at) =>
    typeof text === 'string' && word.test(text) ? [at + 1] : [],
  );
}
