import type { DiffRow } from '../ops/results.ts';
import { exactTextOf } from '../tree/path.ts';
import { paint } from './paint.ts';
import { namesOf, quotedPath } from './patch-text.ts';
import { counted } from './units.ts';
import { displayWidth } from './width.ts';

/** Columns of a line, as git has it where nobody says how many there are. */
const columns = 80;

/** `{old => new}` as git shortens it: the directories and names that both paths begin and end with stand once. */
function renamedPath(from: string, to: string): string {
  const [older, newer] = [from.split('/'), to.split('/')];
  const most = Math.min(older.length, newer.length);
  let [first, last] = [0, 0];
  while (first < most - 1 && older[first] === newer[first]) first++;
  while (last < most - Math.max(first, 1) && older.at(-1 - last) === newer.at(-1 - last)) last++;
  if (first === 0 && last === 0) return `${from} => ${to}`;
  const head = older.slice(0, first).map(name => `${name}/`);
  const tail = older.slice(older.length - last).map(name => `/${name}`);
  const middle = (names: readonly string[]): string => names.slice(first, names.length - last).join('/');
  return `${head.join('')}{${middle(older)} => ${middle(newer)}}${tail.join('')}`;
}

/** A file of a diffstat. Both counts are 0 where it is not compared line by line. */
interface StatFile {
  readonly name: string;
  readonly added: number;
  readonly deleted: number;
  /** What stands in place of counts. */
  readonly note: string | undefined;
}

function fileOf(row: DiffRow): StatFile {
  const [older, newer] = namesOf(row).map(quotedPath) as [string, string];
  const name = older === newer ? newer : renamedPath(older, newer);
  if (row.text === undefined || row.text.kind === 'text')
    return { name, added: row.text?.added ?? 0, deleted: row.text?.deleted ?? 0, note: undefined };
  const size = (node: DiffRow['before']): number => node?.size ?? 0;
  const word = row.text.kind === 'binary' ? 'Bin' : 'Big';
  return { name, added: 0, deleted: 0, note: `${word} ${size(row.before)} -> ${size(row.after)} bytes` };
}

interface Widths {
  readonly name: number;
  readonly number: number;
  readonly graph: number;
  readonly most: number;
}

/** The largest of numbers that may be as many as there are files. */
const largest = (numbers: readonly number[]): number => numbers.reduce((most, one) => Math.max(most, one), 0);
const widthOf = (name: string): number => displayWidth(exactTextOf(name) ?? name);

function widthsOf(files: readonly StatFile[]): Widths {
  const most = largest(files.map(({ added, deleted }) => added + deleted));
  const notes = largest(files.map(({ note }) => note?.length ?? 0));
  const number = Math.max(`${most}`.length, notes > 0 ? 3 : 0);
  const longest = largest(files.map(({ name }) => widthOf(name)));
  const graph = Math.max(most, notes - 4);
  if (longest + number + 6 + graph <= columns) return { name: longest, number, graph, most };
  const least = Math.max(6, Math.min(graph, Math.floor((columns * 3) / 8) - number - 6));
  const name = Math.min(longest, columns - number - 6 - least);
  return { name, number, graph: columns - number - 6 - name, most };
}

function graphOf({ added, deleted }: StatFile, { graph, most }: Widths): readonly [number, number] {
  if (most < graph) return [added, deleted];
  const scaled = (count: number): number => (count === 0 ? 0 : 1 + Math.floor((count * (graph - 1)) / most));
  const sum = scaled(added + deleted);
  const total = sum < 2 && added > 0 && deleted > 0 ? 2 : sum;
  return added < deleted ? [scaled(added), total - scaled(added)] : [total - scaled(deleted), scaled(deleted)];
}

/** A name of so many columns; of a longer one the end, from a slash on where there is one. */
function fitted(name: string, width: number): string {
  const all = widthOf(name);
  if (all <= width) return name + ' '.repeat(width - all);
  const end = name.slice(-Math.max(0, width - 3));
  const slash = end.indexOf('/');
  const shown = `...${slash < 0 ? end : end.slice(slash)}`;
  return shown + ' '.repeat(Math.max(0, width - widthOf(shown)));
}

function lineOf(file: StatFile, widths: Widths, color: boolean): string {
  const head = ` ${fitted(file.name, widths.name)} | `;
  if (file.note !== undefined) return `${head}${file.note.padStart(widths.number)}\n`;
  const [added, deleted] = graphOf(file, widths);
  const painted = (text: string, hue: 'green' | 'red'): string => (color && text !== '' ? paint(text, hue) : text);
  const graph = painted('+'.repeat(added), 'green') + painted('-'.repeat(deleted), 'red');
  const count = `${file.added + file.deleted}`.padStart(widths.number);
  return `${head}${count}${graph === '' ? '' : ` ${graph}`}\n`;
}

/** Contents that differ as git's `--stat` has it, in byte strings: a line a file with how many lines were added and deleted, and one for all. */
export function* diffstatTexts(rows: readonly DiffRow[], color: boolean): Generator<string> {
  const files = rows.map(fileOf);
  if (files.length === 0) return;
  const widths = widthsOf(files);
  for (const file of files) yield lineOf(file, widths, color);
  const sum = (count: (file: StatFile) => number): number => files.reduce((total, file) => total + count(file), 0);
  const [added, deleted] = [sum(file => file.added), sum(file => file.deleted)];
  const parts = [
    ...(added > 0 || deleted === 0 ? [`${counted(added, 'insertion')}(+)`] : []),
    ...(deleted > 0 || added === 0 ? [`${counted(deleted, 'deletion')}(-)`] : []),
  ];
  yield ` ${counted(files.length, 'file')} changed, ${parts.join(', ')}\n`;
}
