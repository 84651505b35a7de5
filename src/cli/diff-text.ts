import type { DiffResult } from '../ops/results.ts';
import { encodeText } from '../tree/path.ts';
import { growthOf, isRootRow, type ListedRow, listedRows, rawPath, shownPath } from './diff-rows.ts';
import { escapeLine, escapeText } from './escape.ts';
import { goJsonLine } from './json-text.ts';
import { paint } from './paint.ts';
import { tableText } from './table.ts';
import { humanSize } from './units.ts';
import type { Words } from './words.ts';

const colors = { A: 'green', C: 'yellow', D: 'red' } as const;

/** The fields of a row that a template may name. */
export const diffFields: readonly string[] = ['Kind', 'Path', 'PathBytes', 'Type', 'Reasons', 'Before', 'After'];

/** What `diff` prints, in texts: docker's lines unless the options ask for another form. With `--null` byte strings, the very bytes of paths, rows ended by NUL. */
export async function diffTexts(result: DiffResult, words: Words, color: boolean): Promise<Iterable<string>> {
  const isWhole = words.flag('reasons') || words.text('format') !== undefined;
  const rows = listedRows(result).filter(row => isWhole || !isRootRow(row));
  if (words.flag('stat')) return statTexts(rows);
  const raw = words.flag('null');
  const textOf = await rowText(words, color && !raw);
  return ended(rows, textOf, raw ? '\0' : '\n');
}

function* ended(rows: readonly ListedRow[], textOf: (row: ListedRow) => string, end: string): Generator<string> {
  for (const row of rows) yield textOf(row) + end;
}

/** A row's text: for people, or with `--null` a byte string. */
async function rowText(words: Words, color: boolean): Promise<(row: ListedRow) => string> {
  const raw = words.flag('null');
  const pathOf = raw ? rawPath : shownPath;
  const format = words.text('format');
  if (format !== undefined) return await formatted(format, raw);
  if (words.flag('name-only')) return pathOf;
  return row => {
    const letter = color ? paint(row.kind, colors[row.kind]) : row.kind;
    const reasons = words.flag('reasons') || row.type === 'config' ? reasonsText(row) : '';
    const shown = raw ? encodeText(reasons) : escapeLine(reasons);
    return `${letter} ${pathOf(row)}${reasons === '' ? '' : `  ${shown}`}`;
  };
}

/** A size says that the content is another; a field of the config has its value before and after. */
function reasonText({ aspect, before, after }: ListedRow['reasons'][number]): string {
  if (aspect === 'value') return [before, after].filter(text => text !== '').join('→');
  return `${aspect === 'size' ? 'content size' : aspect} ${before}→${after}`;
}

function reasonsText({ reasons }: ListedRow): string {
  return reasons.map(reasonText).join(', ');
}

async function formatted(format: string, raw: boolean): Promise<(row: ListedRow) => string> {
  const finish = raw ? encodeText : (text: string): string => text;
  if (format === 'json') return row => finish(goJsonLine({ ...row }));
  const { parseTemplate, renderTemplate } = await import('./template/evaluate.ts');
  const template = parseTemplate(format.replaceAll('\\t', '\t').replaceAll('\\n', '\n'));
  const options = { ...(raw ? {} : { escape: escapeText }), absent: goName };
  return row => {
    const shown = { ...row, path: raw ? row.path : shownPath(row) };
    // What is printed is safe and unambiguous; what is JSON is exact.
    const exact = (value: unknown): unknown => (value === shown ? row : value === shown.path ? row.path : value);
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
  bytes: number;
}

const signed = (bytes: number): string => `${bytes < 0 ? '-' : '+'}${humanSize(Math.abs(bytes))}`;

const topOf = (path: string): string => path.slice(0, (path.indexOf('/', 1) + 1 || path.length + 1) - 1);

/** A line a top-level directory, one for the config and one for all: how many paths of each kind, and by how much the listed files grew. Empty texts come while it counts. */
function* statTexts(rows: readonly ListedRow[]): Generator<string> {
  const counts = new Map<string, Count>();
  const total: Count = { A: 0, C: 0, D: 0, bytes: 0 };
  for (const row of rows) {
    const top = row.type === 'config' ? 'config' : topOf(shownPath(row));
    const count = counts.get(top) ?? { A: 0, C: 0, D: 0, bytes: 0 };
    counts.set(top, count);
    for (const sum of [count, total]) {
      sum[row.kind]++;
      sum.bytes += growthOf(row);
    }
    yield '';
  }
  const lines = [...counts].map(([path, count]) => statRow(path, count));
  yield tableText([['PATH', 'ADDED', 'CHANGED', 'DELETED', 'BYTES'], ...lines, statRow('total', total)]);
}

function statRow(path: string, { A, C, D, bytes }: Count): string[] {
  return [path, String(A), String(C), String(D), signed(bytes)];
}
