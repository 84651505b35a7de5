import { displayWidth } from './width.ts';

const minimumWidth = 10;
const padding = 3;

/**
 * Rows of cells as docker aligns them (Go's tabwriter): a column is three wider than its longest cell and at least ten
 * wide; the last is not padded, so an empty last cell leaves the one before it padded. Every line ends with a newline.
 */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.slice(0, -1).entries()) {
      widths[column] = Math.max(widths[column] ?? minimumWidth, displayWidth(cell) + padding);
    }
  }
  return rows
    .map(row => `${row.map((cell, at) => padded(cell, at === row.length - 1 ? 0 : (widths[at] ?? 0))).join('')}\n`)
    .join('');
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - displayWidth(cell)));
}
