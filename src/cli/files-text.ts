import type { FileRow, FilesResult } from '../ops/look-results.ts';
import { remembered } from '../spec/remembered.ts';
import { encodeText, textOf } from '../tree/path.ts';
import { rawPath, shownPath } from './diff-rows.ts';
import { parseTime } from './units.ts';
import { displayWidth } from './width.ts';
import type { Words } from './words.ts';
import { localTime } from './zoned-time.ts';

const letters: Readonly<Record<string, string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  'char device': 'c',
  'block device': 'b',
};

/** Where a set-id or sticky bit shows, by its place among the three times three letters. */
const special: ReadonlyMap<number, readonly [bit: number, letter: string]> = new Map([
  [2, [0o4000, 's']],
  [5, [0o2000, 's']],
  [8, [0o1000, 't']],
]);

/** A mode as `ls -l` has it: `drwxr-sr-t`. */
export function modeText(type: string, mode: number): string {
  const text = Array.from('rwxrwxrwx', (letter, at) => {
    const isSet = (mode & (0o400 >> at)) !== 0;
    const [bit, sign] = special.get(at) ?? [0, ''];
    if ((mode & bit) !== 0) return isSet ? sign : sign.toUpperCase();
    return isSet ? letter : '-';
  });
  return `${letters[type] ?? '?'}${text.join('')}`;
}

/** To the minute, in a zone; a time that no calendar has as it is. */
function minuteText(mtime: string, zone: string | undefined): string {
  const time = parseTime(mtime);
  return time === undefined ? mtime : localTime(time, zone).slice(0, 16).replace('T', ' ');
}

function shownTarget({ target, targetBytes }: FileRow): string {
  if (target === undefined) return '';
  return ` -> ${targetBytes === undefined ? textOf(encodeText(target)) : target}`;
}

function cellsOf(row: FileRow, timeOf: (mtime: string) => string): readonly string[] {
  const { type, mode, links, uid, gid, user, group, size, device, mtime, layer } = row;
  return [
    modeText(type, Number.parseInt(mode, 8)),
    String(links),
    user === null ? String(uid) : textOf(encodeText(user)),
    group === null ? String(gid) : textOf(encodeText(group)),
    size === undefined ? (device?.replace(':', ', ') ?? '-') : String(size),
    timeOf(mtime),
    ...(layer === null ? [] : [`#${layer}`]),
    `${shownPath(row)}${shownTarget(row)}`,
  ];
}

/** Columns one blank apart; numbers end below one another. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const toTheRight = new Set([1, 4]);
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, displayWidth(row[column] ?? '')), 0),
  );
  return rows.map(row =>
    row
      .map((cell, column) => {
        const blanks = ' '.repeat(Math.max(0, (widths[column] ?? 0) - displayWidth(cell)));
        if (column === row.length - 1) return cell;
        return toTheRight.has(column) ? blanks + cell : cell + blanks;
      })
      .join(' '),
  );
}

const depthOf = (path: string): number => path.split('/').length;
const lastName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Rows as a tree is drawn: what is in a directory below it. What has no row above it stands at the left with its whole path. */
function* drawn(rows: readonly FileRow[]): Generator<string> {
  const paths = rows.map(shownPath);
  const isLast: boolean[] = [];
  const open: boolean[] = [];
  for (let at = paths.length - 1; at >= 0; at--) {
    const depth = depthOf(paths[at] as string);
    isLast[at] = open[depth] !== true;
    open.length = depth;
    open[depth] = true;
  }
  const base = paths.reduce((least, path) => Math.min(least, depthOf(path)), Number.POSITIVE_INFINITY);
  const more: boolean[] = [];
  for (const [at, row] of rows.entries()) {
    const path = paths[at] as string;
    const depth = depthOf(path) - base;
    const lines = more.slice(0, depth).map(goesOn => (goesOn ? '│   ' : '    '));
    more[depth] = isLast[at] !== true;
    yield `${lines.join('')}${isLast[at] ? '└── ' : '├── '}${depth === 0 ? path : lastName(path)}${shownTarget(row)}`;
  }
}

function* ended(lines: Iterable<string>, end: string): Generator<string> {
  for (const line of lines) yield line + end;
}

function* mapped<T>(values: Iterable<T>, text: (value: T) => string): Generator<string> {
  for (const value of values) yield text(value);
}

/** What `files` prints, a text a row: a path, or as `ls -l`, or as a tree. With `--null` the very bytes of paths, ended by NUL. */
export function filesTexts({ files }: FilesResult, words: Words, zone: string | undefined): Iterable<string> {
  if (words.flag('null')) return ended(mapped(files, rawPath), '\0');
  if (words.flag('tree')) return ended(drawn(files), '\n');
  const timeOf = remembered((mtime: string) => minuteText(mtime, zone));
  return ended(words.flag('long') ? aligned(files.map(row => cellsOf(row, timeOf))) : mapped(files, shownPath), '\n');
}
