import { invalid } from '../errors.ts';
import { type Binary, binaryOf } from './binary.ts';

/** The pages of a SQLite database: a page of the write-ahead log stands before that of the file. */
interface SqlitePages {
  readonly subject: string;
  /** Bytes of a page that are in use. */
  readonly usable: number;
  readonly count: number;
  readonly page: (number: number) => Uint8Array;
}

const magic = 'SQLite format 3\0';

/** The pages of a database file, some of them newer than it (`newer`, by page number). Throws `invalid`. */
export function sqlitePages(bytes: Uint8Array, newer: ReadonlyMap<number, Uint8Array>, subject: string): SqlitePages {
  const first = newer.get(1) ?? bytes;
  if (Buffer.from(first.subarray(0, 16)).toString('latin1') !== magic)
    throw invalid(subject, 'a SQLite database', 'something else');
  const header = binaryOf(first, subject);
  const said = header.u16(16);
  const size = said === 1 ? 65_536 : said;
  if (size < 512 || (size & (size - 1)) !== 0) throw invalid(subject, 'pages of 512 to 65536 bytes', `${said}`);
  const file = binaryOf(bytes, subject);
  let count = Math.ceil(bytes.length / size);
  for (const number of newer.keys()) count = Math.max(count, number);
  const page = (number: number): Uint8Array => newer.get(number) ?? file.part((number - 1) * size, size);
  return { subject, usable: size - header.u8(20), count, page };
}

/** A variable-length number (fileformat2, "Record Format") and where it ends. */
function varint(page: Binary, at: number): readonly [value: number, end: number] {
  let value = 0;
  for (let index = 0; index < 8; index++) {
    const byte = page.u8(at + index);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, at + index + 1];
  }
  return [value * 256 + page.u8(at + 8), at + 9];
}

/** A cell's whole record: what lies in its page, then its overflow pages. */
function payloadAt(pages: SqlitePages, page: Binary, at: number): Uint8Array {
  const { usable, subject } = pages;
  const [size, idAt] = varint(page, at);
  const [, start] = varint(page, idAt);
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const some = least + ((size - least) % (usable - 4));
  const local = size <= usable - 35 ? size : some <= usable - 35 ? some : least;
  if (local === size) return page.part(start, size);
  const whole = new Uint8Array(size);
  whole.set(page.part(start, local));
  let next = page.u32(start + local);
  for (let filled = local; filled < size; ) {
    const overflow = binaryOf(pages.page(next), subject);
    const part = overflow.part(4, Math.min(usable - 4, size - filled));
    whole.set(part, filled);
    filled += part.length;
    next = overflow.u32(0);
  }
  return whole;
}

const [interior, leaf] = [5, 13];

/** The records of a table's b-tree, in the order of their row numbers. Throws `invalid` where pages lead round in a circle, or records share them. */
export function* recordsOf(pages: SqlitePages, root: number): Generator<Uint8Array> {
  const { subject } = pages;
  const met = new Set<number>();
  // Each byte is one record's: else a small file could say any number of large ones.
  let left = pages.usable * pages.count;
  const ahead = [root];
  for (let number = ahead.pop(); number !== undefined; number = ahead.pop()) {
    if (met.has(number)) throw invalid(subject, 'each page once in a table', `page ${number} again`);
    met.add(number);
    const page = binaryOf(pages.page(number), subject);
    const start = number === 1 ? 100 : 0;
    const [kind, cells] = [page.u8(start), page.u16(start + 3)];
    if (kind !== interior && kind !== leaf) throw invalid(subject, `a page of a table at ${number}`, `kind ${kind}`);
    const pointers = start + (kind === interior ? 12 : 8);
    const cellAt = (index: number): number => page.u16(pointers + 2 * index);
    if (kind === leaf) {
      for (let index = 0; index < cells; index++) {
        const [size] = varint(page, cellAt(index));
        left -= size;
        if (left < 0) throw invalid(subject, `records within ${pages.count} pages`, `one more of ${size} bytes`);
        yield payloadAt(pages, page, cellAt(index));
      }
      continue;
    }
    ahead.push(page.u32(start + 8));
    for (let index = cells - 1; index >= 0; index--) ahead.push(page.u32(cellAt(index)));
  }
}

const integerSizes = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

/** The columns of a record as bytes; a number is big-endian, and none at all for NULL, 0 and 1. */
export function columnsOf(record: Uint8Array, subject: string): readonly Uint8Array[] {
  const bytes = binaryOf(record, subject);
  const [headerEnd, first] = varint(bytes, 0);
  const columns: Uint8Array[] = [];
  let at = headerEnd;
  for (let next = first; next < headerEnd; ) {
    const [type, end] = varint(bytes, next);
    const size = type < 12 ? (integerSizes[type] ?? 0) : Math.floor((type - 12) / 2);
    columns.push(bytes.part(at, size));
    at += size;
    next = end;
  }
  return columns;
}

/** The page that a table's b-tree begins at; undefined where the database has no such table. */
export function rootOfTable(pages: SqlitePages, name: string): number | undefined {
  for (const record of recordsOf(pages, 1)) {
    const [type, , table, root] = columnsOf(record, pages.subject);
    const texts = [type, table].map(column => Buffer.from(column ?? []).toString('latin1'));
    if (texts[0] !== 'table' || texts[1]?.toLowerCase() !== name.toLowerCase()) continue;
    let number = 0;
    for (const byte of root ?? []) number = number * 256 + byte;
    // A column of no bytes is the number 1 here: no other root has so few.
    return number === 0 ? 1 : number;
  }
  return undefined;
}
