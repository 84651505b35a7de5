import { escapeLine, escapeText } from './escape.ts';
import { goJsonLine } from './json-text.ts';
import { tableText } from './table.ts';

export type Row = Readonly<Record<string, string>>;

/** Rows that docker prints as a table, as JSON lines or through a template. */
interface Listing {
  readonly rows: readonly Row[];
  /** The columns' titles by field. */
  readonly titles: Row;
  /** The fields of the default table. */
  readonly columns: readonly string[];
}

const cell = (text: string): string => escapeLine(text.replaceAll('\t', ' '));

function defaultTable({ rows, titles, columns }: Listing): string {
  return tableText([titles, ...rows].map(row => columns.map(column => cell(row[column] ?? ''))));
}

/** The text of `--format`: `table`, `table TEMPLATE`, `json` or a template a row. */
export async function listingText(listing: Listing, format = 'table'): Promise<string> {
  if (format === 'table') return defaultTable(listing);
  if (format === 'json') return listing.rows.map(row => `${goJsonLine(row)}\n`).join('');
  const { parseTemplate, renderTemplate } = await import('./template/evaluate.ts');
  const isTable = format.startsWith('table');
  const source = (isTable ? format.slice('table'.length).trim() : format)
    .replaceAll('\\t', '\t')
    .replaceAll('\\n', '\n');
  const template = parseTemplate(source);
  const lines = listing.rows.map(row => renderTemplate(template, row, { escape: isTable ? cell : escapeText }));
  if (!isTable) return lines.map(line => `${line}\n`).join('');
  const heading = renderTemplate(template, listing.titles, { heading: true });
  return tableText([heading, ...lines].map(line => line.split('\t')));
}

/** A digest as docker shortens it: twelve digits, without the algorithm. */
export function shortID(id: string): string {
  return id.slice(id.indexOf(':') + 1).slice(0, 12);
}
