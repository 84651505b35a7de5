import type { DiffResult } from '../ops/results.ts';
import { encodeText, textOf } from '../tree/path.ts';
import {
  fieldRows,
  formerPath,
  isFieldRow,
  isRootRow,
  type ListedRow,
  listedRows,
  rawPath,
  rootNote,
  shownPath,
} from './diff-rows.ts';
import { diffstatTexts } from './diffstat-text.ts';
import { escapeLine, escapeText } from './escape.ts';
import { goJsonLine } from './json-text.ts';
import { paint } from './paint.ts';
import { isInPatch, patchTexts } from './patch-text.ts';
import { tableText } from './table.ts';
import { humanSize } from './units.ts';
import type { Words } from './words.ts';

const colors = { A: 'green', C: 'yellow', D: 'red', R: 'cyan' } as const;

/** The fields of a row that a template may name. */
export const diffFields: readonly string[] = [
  ...['Kind', 'Path', 'PathBytes', 'Type', 'Reasons', 'Before', 'After'],
  ...['From', 'FromBytes', 'Similarity', 'Text'],
];

/** What decides of how it is printed. */
interface Look {
  readonly color: boolean;
  readonly isTerminal: boolean;
}

/** A difference as it is printed, text by text, and how they are written. */
interface Printed {
  readonly texts: Iterable<string>;
  readonly encoding: 'utf8' | 'latin1';
}

/** What a patch that says nothing does not say: that there are differences all the same. */
function textNote({ changes }: DiffResult, words: Words): readonly string[] {
  if (words.texts('text').length === 0 || changes.length === 0 || changes.some(isInPatch)) return [];
  return ['nothing that --text names differs in its contents; without --text there is a list of what differs'];
}

/** What is not said where not every row is printed. */
export function silentNotes(result: DiffResult, words: Words): readonly string[] {
  const isListed = words.flag('json') || words.flag('reasons') || words.text('format') !== undefined;
  return isListed ? [] : [...rootNote(result.changes), ...textNote(result, words)];
}

/** What `--text` prints: patches, or with `--stat` their lines counted; fields of documents come after as the lines that they are. */
function* contentTexts(result: DiffResult, words: Words, { color, isTerminal }: Look): Generator<string> {
  const raw = words.flag('null');
  const rows = result.changes.filter(isInPatch);
  if (words.flag('stat')) yield* diffstatTexts(rows, color);
  const style = { color: color && !raw, escaped: isTerminal && !raw, raw };
  for (const row of words.flag('stat') ? [] : rows) {
    yield* patchTexts(row, style);
    if (raw) yield '\0';
  }
  const lineOf = lineText(words, color && !raw);
  for (const row of fieldRows(result)) yield raw ? `${lineOf(row)}\0` : encodeText(`${lineOf(row)}\n`);
}

/** What `diff` prints: docker's lines unless the options ask for another form. With `--null` the very bytes of paths, rows ended by NUL. */
export async function diffTexts(result: DiffResult, words: Words, look: Look): Promise<Printed> {
  const isFormatted = words.text('format') !== undefined;
  if (words.texts('text').length > 0 && !isFormatted)
    return { texts: contentTexts(result, words, look), encoding: 'latin1' };
  const isWhole = words.flag('reasons') || isFormatted;
  const rows = listedRows(result).filter(row => isWhole || !isRootRow(row));
  const raw = words.flag('null');
  const encoding = raw ? 'latin1' : 'utf8';
  if (words.flag('stat')) return { texts: statTexts(rows, words.flag('renames')), encoding };
  return { texts: ended(rows, await rowText(words, look.color && !raw), raw ? '\0' : '\n'), encoding };
}

function* ended(rows: readonly ListedRow[], textOf: (row: ListedRow) => string, end: string): Generator<string> {
  for (const row of rows) yield textOf(row) + end;
}

/** A row's text: for people, or with `--null` a byte string. */
async function rowText(words: Words, color: boolean): Promise<(row: ListedRow) => string> {
  const raw = words.flag('null');
  const format = words.text('format');
  if (format !== undefined) return await formatted(format, raw);
  return words.flag('name-only') ? (raw ? rawPath : shownPath) : lineText(words, color);
}

/** A row as docker has it. A renamed file's line has where it was and where it is; with NUL between them where rows end so. */
function lineText(words: Words, color: boolean): (row: ListedRow) => string {
  const raw = words.flag('null');
  const pathOf = raw ? rawPath : shownPath;
  return row => {
    const letter = color ? paint(row.kind, colors[row.kind]) : row.kind;
    const reasons = words.flag('reasons') || isFieldRow(row) ? reasonsText(row) : '';
    const shown = raw ? encodeText(reasons) : escapeLine(reasons);
    const from = formerPath(row);
    const former = from === undefined ? '' : `${pathOf(from)}${raw ? '\0' : ' → '}`;
    return `${letter} ${former}${pathOf(row)}${reasons === '' ? '' : `  ${shown}`}`;
  };
}

/** A size says that the content is another; a field of the config has its value before and after. */
function reasonText({ aspect, before, after }: ListedRow['reasons'][number]): string {
  if (aspect === 'value') return [before, after].filter(text => text !== '').join('→');
  if (before === '' && after === '') return aspect;
  return `${aspect === 'size' ? 'content size' : aspect} ${before}→${after}`;
}

function reasonsText({ reasons, similarity }: ListedRow): string {
  return [...(similarity === undefined ? [] : [`${similarity}% the same`]), ...reasons.map(reasonText)].join(', ');
}

/** What only some rows have is empty in a template. */
const absentFields = { pathBytes: '', fromBytes: '', similarity: '', text: '' };

async function formatted(format: string, raw: boolean): Promise<(row: ListedRow) => string> {
  const finish = raw ? encodeText : (text: string): string => text;
  if (format === 'json') return row => finish(goJsonLine({ ...row }));
  const { parseTemplate, renderTemplate } = await import('./template/evaluate.ts');
  const template = parseTemplate(format.replaceAll('\\t', '\t').replaceAll('\\n', '\n'));
  const options = { ...(raw ? {} : { escape: escapeText }), absent: goName };
  return row => {
    const former = formerPath(row);
    const from = former === undefined || raw ? row.from : shownPath(former);
    const shown = { ...absentFields, ...row, path: raw ? row.path : shownPath(row), from: from ?? '' };
    // What is printed is safe and unambiguous; what is JSON is exact.
    const exact = (value: unknown): unknown => {
      if (value === shown) return row;
      return value === shown.path ? row.path : value === from ? row.from : value;
    };
    const fields = (of: unknown): readonly string[] | undefined => (of === shown ? diffFields : undefined);
    return finish(renderTemplate(template, shown, { ...options, exact, fields }));
  };
}

/** `.Kind` finds `kind`: templates are used to Go's names. */
function goName(of: Readonly<Record<string, unknown>>, name: string): { readonly value: unknown } | undefined {
  const plain = `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;
  return Object.hasOwn(of, plain) ? { value: of[plain] } : undefined;
}

interface Count {
  A: number;
  C: number;
  D: number;
  R: number;
  bytes: number;
}

const signed = (bytes: number): string => `${bytes < 0 ? '-' : '+'}${humanSize(Math.abs(bytes))}`;

const topOf = (path: string): string => path.slice(0, (path.indexOf('/', 1) + 1 || path.length + 1) - 1);

/** A line a top-level directory, one for each document and one for all: how many paths of each kind, and by how much the files grew, each once. Empty texts come while it counts. */
function* statTexts(rows: readonly ListedRow[], hasRenames: boolean): Generator<string> {
  const none = { A: 0, C: 0, D: 0, R: 0, bytes: 0 };
  const counts = new Map<string, Count>();
  const total: Count = { ...none };
  const countOf = (top: string): Count => {
    const count = counts.get(top) ?? { ...none };
    counts.set(top, count);
    return count;
  };
  for (const row of rows) {
    const count = countOf(isFieldRow(row) ? row.type : topOf(rawPath(row)));
    const former = formerPath(row);
    const source = former === undefined ? count : countOf(topOf(rawPath(former)));
    const { before = 0, after = 0 } = row.bytes ?? {};
    for (const sum of [count, total]) sum[row.kind]++;
    for (const sum of [source, total]) sum.bytes -= before;
    for (const sum of [count, total]) sum.bytes += after;
    yield '';
  }
  const lineOf = (path: string, { A, C, D, R, bytes }: Count): string[] => {
    const kinds = hasRenames ? [A, C, D, R] : [A, C, D];
    return [textOf(path), ...kinds.map(String), signed(bytes)];
  };
  const titles = ['PATH', 'ADDED', 'CHANGED', 'DELETED', ...(hasRenames ? ['RENAMED'] : []), 'BYTES'];
  // Where a renamed file was may be a line that no row began.
  const lines = [...counts].sort(([one], [other]) => (one < other ? -1 : 1));
  yield tableText([titles, ...lines.map(([path, count]) => lineOf(path, count)), lineOf('total', total)]);
}
