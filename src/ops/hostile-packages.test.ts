import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { collected } from '../testing/drained.ts';
import { layeredImage } from '../testing/layered-files.ts';
import { temporaryDirectory } from '../testing/temporary.ts';
import { hostPlatform } from '../testing/verb-use.ts';
import { analyze } from './analyze.ts';
import { diffPackages } from './diff-packages.ts';
import { packages } from './packages.ts';
import { reportStream } from './report.ts';

const pageSize = 65_536;

/** A page of a table whose cells all begin at the same place, which is that of `cell`, behind everything else. */
function tablePage(start: number, count: number, cell: Uint8Array): Buffer {
  const page = Buffer.alloc(pageSize);
  const at = pageSize - cell.length;
  page.writeUInt8(13, start);
  page.writeUInt16BE(count, start + 3);
  for (let index = 0; index < count; index++) page.writeUInt16BE(at, start + 8 + 2 * index);
  page.set(cell, at);
  return page;
}

const numberOf = (value: number): number[] => [
  0x80 | (value >> 21),
  0x80 | ((value >> 14) & 0x7f),
  0x80 | ((value >> 7) & 0x7f),
  value & 0x7f,
];

/** A cell with these columns, texts or a number of one byte. */
function cellOf(columns: readonly (string | number)[]): Uint8Array {
  const types = columns.map(column => (typeof column === 'number' ? 1 : 13 + 2 * column.length));
  const record = [
    1 + types.length,
    ...types,
    ...columns.flatMap(column => (typeof column === 'number' ? [column] : [...Buffer.from(column)])),
  ];
  return Uint8Array.from([record.length, 1, ...record]);
}

/** A database of `pages` pages whose table of packages is this page. */
function databaseOf(packagesPage: Uint8Array, pages: number): Buffer {
  const file = Buffer.alloc(pages * pageSize);
  file.set(tablePage(100, 1, cellOf(['table', 'Packages', 'Packages', 2, 'x'])), 0);
  file.set(Buffer.from('SQLite format 3\0'), 0);
  file.writeUInt16BE(1, 16);
  file.set(packagesPage, pageSize);
  return file;
}

/** One record as large as the file, again and again, whose overflow pages lead round in a circle. */
function endless(): Buffer {
  const [pages, size] = [64, 63 * pageSize];
  const least = Math.floor(((pageSize - 12) * 32) / 255) - 23;
  const some = least + ((size - least) % (pageSize - 4));
  const local = some <= pageSize - 35 ? some : least;
  const cell = Buffer.alloc(4 + 1 + local + 4);
  cell.set([...numberOf(size), 1, 3, 0, 0]);
  cell.writeUInt32BE(3, cell.length - 4);
  const database = databaseOf(tablePage(0, Math.floor((pageSize - cell.length - 8) / 2), cell), pages);
  database.writeUInt32BE(3, 2 * pageSize);
  return database;
}

/** A page that is its own child. */
function circle(): Buffer {
  const page = Buffer.alloc(pageSize);
  page.writeUInt8(5, 0);
  page.writeUInt32BE(2, 8);
  return databaseOf(page, 2);
}

/** Thousands of packages, none of which has a header that can be read. */
const wrong = (): Buffer => databaseOf(tablePage(0, 5000, cellOf([7, 'no header'])), 3);

/** A store of rpm's own whose packages all lie over each other, each as long as the rest of the file. */
function overlapping(): Buffer {
  const [slots, blobs] = [256 * 16, 4000];
  const start = slots * 16;
  const file = Buffer.alloc(start + blobs * 32 + 16);
  file.write('RpmP', 0);
  file.writeUInt32LE(start / 4096, 12);
  for (let at = 32, index = 1; at < start; at += 16, index++) {
    file.write('Slot', at);
    if (index > blobs) continue;
    const blob = start + (index - 1) * 32;
    file.writeUInt32LE(index, at + 4);
    file.writeUInt32LE(blob / 16, at + 8);
    file.write('BlbS', blob);
    file.writeUInt32LE(index, blob + 4);
    file.writeUInt32LE(file.length - blob - 16, blob + 12);
  }
  return file;
}

const sqlite = 'var/lib/rpm/rpmdb.sqlite';
const stanza = 'Package: good\nStatus: install ok installed\nVersion: 1\n\n';
const cases: Readonly<Record<string, readonly [path: string, content: Buffer | string]>> = {
  'a record as large as the file, thirty thousand times': [sqlite, endless()],
  'a page that is its own child': [sqlite, circle()],
  'packages without headers': [sqlite, wrong()],
  'a database that is cut': [sqlite, circle().subarray(0, pageSize + 7)],
  'a database of one byte': ['var/lib/rpm/Packages', '\0'],
  'packages that lie over each other': ['var/lib/rpm/Packages.db', overlapping()],
  'stanzas without versions': ['lib/apk/db/installed', 'P:a\n\n'.repeat(5000)],
};

async function check(t: TestContext, path: string, content: Buffer | string): Promise<void> {
  const place = temporaryDirectory(t);
  const good = { 'var/lib/dpkg/status': stanza };
  const image = layeredImage(join(place, 'img'), [good, { [path]: content }]);
  const before = layeredImage(join(place, 'before'), [good]);
  const options = { hostPlatform };
  const said = await packages(image, options);
  assert.deepEqual(
    said.packages.map(({ name }) => name),
    ['good'],
  );
  const { bytes, warnings } = await reportStream(image, options);
  assert.ok((await collected(bytes)).length > 0);
  const others = [
    warnings,
    (await analyze(image, options)).warnings,
    (await diffPackages(before, image, options)).warnings,
  ];
  for (const lines of [said.warnings, ...others]) {
    assert.ok(lines.length >= 1 && lines.length <= 4, `${lines.length} warnings: ${lines[0]}`);
    for (const line of lines) assert.match(line, new RegExp(`/${path}: `));
  }
}

for (const [name, [path, content]] of Object.entries(cases))
  test(`a hostile database of packages is a few warnings that name it, and hides no others: ${name}`, t =>
    check(t, path, content));
