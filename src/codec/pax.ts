import { invalid } from '../errors.ts';
import type { ByteString } from '../tree/node.ts';
import { bytesOf, shortTextOf } from '../tree/path.ts';
import type { Subject } from './tar-header.ts';

/** Records of a PAX extended header by key; values are bytes (POSIX pax, "pax Extended Header"). */
export type PaxRecords = ReadonlyMap<ByteString, ByteString>;

/** What the key of an extended attribute begins with, as everybody reads it. */
export const schily = 'SCHILY.xattr.';
/** The same in libarchive's own form. */
export const libarchive = 'LIBARCHIVE.xattr.';

const newline = 10;
const space = 32;

/** One record's length as it is announced: decimal digits, no sign, no leading zero. */
function lengthAt(
  text: ByteString,
  start: number,
  subject: Subject,
): { readonly length: number; readonly digits: number } {
  let length = 0;
  let at = start;
  for (; at < text.length && text.charCodeAt(at) !== space; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9 || at - start > 9 || (at > start && length === 0)) {
      throw invalid(subject(), 'a PAX record with its length', `byte ${text.charCodeAt(at)} at ${at} of the header`);
    }
    length = length * 10 + digit;
  }
  return { length, digits: at - start };
}

interface PaxRecord {
  readonly key: ByteString;
  readonly value: ByteString;
  readonly end: number;
}

function recordAt(text: ByteString, start: number, subject: Subject): PaxRecord {
  const { length, digits } = lengthAt(text, start, subject);
  const end = start + length;
  if (text.charCodeAt(end - 1) !== newline) {
    throw invalid(
      subject(),
      'a PAX record that ends with its newline',
      `a record of announced length ${length} at ${start} of the header`,
    );
  }
  // A length that is too short for what a record has ends it before its key does.
  const separator = text.indexOf('=', start + digits + 1);
  const key = separator < 0 || separator >= end ? '' : text.slice(start + digits + 1, separator);
  if (key === '' || key.includes('\0')) {
    throw invalid(subject(), 'a PAX record key=value', `a record without a key or '=' at ${start} of the header`);
  }
  return { key, value: text.slice(separator + 1, end - 1), end };
}

/** Sparse format 0.0 repeats a pair of keys; format 0.1 has the same numbers in one record. */
function checkSparseOrder(key: ByteString, count: number, subject: Subject): void {
  const expected = count % 2 === 0 ? 'GNU.sparse.offset' : 'GNU.sparse.numbytes';
  if (key !== expected) throw invalid(subject(), `PAX record ${expected} of a sparse map`, key);
}

/** Decodes `length key=value\n` records. An `invalid` error where one is malformed: skipping it would make two readers disagree. */
export function decodePax(bytes: Buffer, subject: Subject): PaxRecords {
  const records = new Map<ByteString, ByteString>();
  const numbers: ByteString[] = [];
  const text = bytes.toString('latin1');
  for (let start = 0; start < text.length; ) {
    const { key, value, end } = recordAt(text, start, subject);
    if ((key === 'path' || key === 'linkpath') && value.includes('\0')) {
      throw invalid(subject(), `PAX ${key} without NUL bytes`, `'${shortTextOf(value)}'`);
    }
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') {
      checkSparseOrder(key, numbers.length, subject);
      numbers.push(value);
    } else records.set(key, value);
    start = end;
  }
  if (numbers.length > 0) records.set('GNU.sparse.map', numbers.join(','));
  return records;
}

/** One record; its length counts its own digits. */
function recordText(key: ByteString, value: ByteString): ByteString {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

/** Records sorted by key. */
export function encodePax(records: PaxRecords): Uint8Array {
  const sorted = [...records].sort(([a], [b]) => (a < b ? -1 : 1));
  return bytesOf(sorted.map(([key, value]) => recordText(key, value)).join(''));
}

/** Seconds, and nanoseconds above them, as the decimal number that a time record has. */
export function paxTimeText(seconds: number, nanoseconds: number): ByteString {
  const isNegative = seconds < 0 && nanoseconds > 0;
  const [whole, part] = isNegative ? [-seconds - 1, 1_000_000_000 - nanoseconds] : [seconds, nanoseconds];
  const fraction = part === 0 ? '' : `.${String(part).padStart(9, '0').replace(/0+$/, '')}`;
  return `${isNegative ? '-' : ''}${whole}${fraction}`;
}

/** A record's value, or undefined where it is missing or empty: an empty one takes back what stood before (POSIX pax). */
export function paxText(records: PaxRecords, key: ByteString): ByteString | undefined {
  const value = records.get(key);
  return value === '' ? undefined : value;
}

/** A decimal number below 2^53, or undefined where there is none. */
export function paxInteger(records: PaxRecords, key: ByteString, subject: Subject): number | undefined {
  const text = paxText(records, key);
  if (text === undefined) return undefined;
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number))
    throw invalid(subject(), `PAX ${key} as a whole number below 2^53`, `'${shortTextOf(text)}'`);
  return number;
}

/** Decimal seconds with a fraction, as nanoseconds; digits past the ninth are cut, as Go does. */
export function paxTime(records: PaxRecords, key: ByteString, subject: Subject): bigint | undefined {
  const text = paxText(records, key);
  if (text === undefined) return undefined;
  const match = /^(-?)(\d{1,16})(?:\.(\d*))?$/.exec(text);
  if (match === null || Number(match[2]) > Number.MAX_SAFE_INTEGER) {
    throw invalid(subject(), `PAX ${key} in decimal seconds below 2^53`, `'${shortTextOf(text)}'`);
  }
  const [, sign, seconds, fraction = ''] = match;
  const nanoseconds = BigInt(Number(seconds)) * 1_000_000_000n + BigInt(Number(fraction.slice(0, 9).padEnd(9, '0')));
  return sign === '-' ? -nanoseconds : nanoseconds;
}
