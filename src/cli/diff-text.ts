import type { ConfigRow, DiffResult, DiffRow } from '../ops/results.ts';
import type { Reason } from '../tree/change.ts';
import { escapeLine, escapeText } from './escape.ts';
import { goJsonLine, jsonText } from './json-text.ts';
import { paint } from './paint.ts';
import { tableText } from './table.ts';
import { humanSize } from './units.ts';
import type { Words } from './words.ts';

const colors = { A: 'green', C: 'yellow', D: 'red' } as const;

/** What `diff` prints: docker's lines unless the options ask for another form. */
export async function diffText(result: DiffResult, words: Words, color: boolean): Promise<string> {
  const format = words.text('format');
  if (format !== undefined) return await formatted(result.changes, format);
  if (words.flag('stat')) return statText(result.changes);
  if (words.flag('name-only')) return result.changes.map(({ path }) => `${escapeLine(path)}\n`).join('');
  const lines = result.changes.map(row => {
    const letter = color ? paint(row.kind, colors[row.kind]) : row.kind;
    const reasons = words.flag('reasons') ? reasonsText(row) : '';
    return `${letter} ${escapeLine(row.path)}${reasons === '' ? '' : `  ${escapeLine(reasons)}`}\n`;
  });
  return [...lines, ...result.config.map(configLine)].join('');
}

/** A size says that the content is another. */
function reasonText({ aspect, before, after }: Reason): string {
  return `${aspect === 'size' ? 'content size' : aspect} ${before}→${after}`;
}

function reasonsText({ reasons }: DiffRow): string {
  return reasons.map(reasonText).join(', ');
}

/** A field of the config, by its JSON pointer: `C config:/config/User  "root"→"app"`. */
function configLine({ field, before, after }: ConfigRow): string {
  const letter = before === undefined ? 'A' : after === undefined ? 'D' : 'C';
  const values = [before, after].filter(value => value !== undefined).map(value => jsonText(value));
  return `${letter} config:${escapeLine(field)}  ${values.join('→')}\n`;
}

async function formatted(rows: readonly DiffRow[], format: string): Promise<string> {
  if (format === 'json') return rows.map(row => `${goJsonLine({ ...row })}\n`).join('');
  const { parseTemplate, renderTemplate } = await import('./template/evaluate.ts');
  const template = parseTemplate(format.replaceAll('\\t', '\t').replaceAll('\\n', '\n'));
  return rows.map(row => `${renderTemplate(template, row, { escape: escapeText, absent: goName })}\n`).join('');
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

/** A line a top-level directory and one for all: how many paths of each kind, and by how much the listed files grew. */
function statText(rows: readonly DiffRow[]): string {
  const counts = new Map<string, Count>();
  const total: Count = { A: 0, C: 0, D: 0, bytes: 0 };
  for (const row of rows) {
    const top = row.path.slice(0, (row.path.indexOf('/', 1) + 1 || row.path.length + 1) - 1);
    const count = counts.get(top) ?? { A: 0, C: 0, D: 0, bytes: 0 };
    counts.set(top, count);
    for (const sum of [count, total]) {
      sum[row.kind]++;
      sum.bytes += (row.after?.size ?? 0) - (row.before?.size ?? 0);
    }
  }
  const lines = [...counts].map(([path, count]) => statRow(escapeLine(path), count));
  return tableText([['PATH', 'ADDED', 'CHANGED', 'DELETED', 'BYTES'], ...lines, statRow('total', total)]);
}

function statRow(path: string, { A, C, D, bytes }: Count): string[] {
  return [path, String(A), String(C), String(D), signed(bytes)];
}
