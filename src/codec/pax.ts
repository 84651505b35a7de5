import { invalid } from '../errors.ts';
import type { ByteString } from '../tree/node.ts';

/** Records of a PAX extended header by key; values are bytes (POSIX pax, "pax Extended Header"). */
export type PaxRecords = Map<ByteString, Uint8Array>;

const newline = 10;
const space = 32;
const equals = 61;

/** One record's length as it is announced: decimal digits, no sign, no leading zero. */
function lengthAt(bytes: Uint8Array, start: number, subject: string): { length: number; digits: number } {
  let length = 0;
  let at = start;
  for (; at < bytes.length && bytes[at] !== space; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9 || at - start > 9 || (at > start && length === 0)) {
      throw invalid(subject, 'a PAX record with its length', `byte ${bytes[at]} at ${at} of the header`);
    }
    length = length * 10 + digit;
  }
  return { length, digits: at - start };
}

/** Decodes `length key=value\n` records. An `invalid` error where one is malformed: skipping it would make two readers disagree. */
export function decodePax(bytes: Uint8Array, subject: string): PaxRecords {
  const records: PaxRecords = new Map();
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0; start < bytes.length; ) {
    const { length, digits } = lengthAt(bytes, start, subject);
    const end = start + length;
    if (length < digits + 4 || end > bytes.length || bytes[end - 1] !== newline) {
      throw invalid(
        subject,
        'a PAX record that ends with its newline',
        `a record of announced length ${length} at ${start} of the header`,
      );
    }
    const separator = text.indexOf(equals, start + digits + 1);
    if (separator < 0 || separator >= end || separator === start + digits + 1) {
      throw invalid(subject, 'a PAX record key=value', `a record without a key or '=' at ${start} of the header`);
    }
    records.set(text.toString('latin1', start + digits + 1, separator), bytes.slice(separator + 1, end - 1));
    start = end;
  }
  return records;
}

/** Encodes one record; its length counts its own digits. */
function encodeRecord(key: ByteString, value: Uint8Array): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`, 'latin1'), value, Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** Records sorted by key. */
export function encodePax(records: ReadonlyMap<ByteString, Uint8Array>): Uint8Array {
  const sorted = [...records].sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat(sorted.map(([key, value]) => encodeRecord(key, value)));
}

const asText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

/** A decimal number of at most 2^53. */
export function paxInteger(value: Uint8Array, key: string, subject: string): number {
  const text = asText(value);
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number))
    throw invalid(subject, `PAX ${key} as a whole number below 2^53`, `'${text.slice(0, 32)}'`);
  return number;
}

/** Decimal seconds with a fraction, as nanoseconds; digits past the ninth are cut, as Go does. */
export function paxTime(value: Uint8Array, key: string, subject: string): bigint {
  const match = /^(-?)(\d{1,18})(?:\.(\d{0,64}))?$/.exec(asText(value));
  if (match === null) throw invalid(subject, `PAX ${key} in decimal seconds`, `'${asText(value).slice(0, 32)}'`);
  const [, sign, seconds, fraction = ''] = match;
  const nanoseconds = BigInt(seconds as string) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  return sign === '-' ? -nanoseconds : nanoseconds;
}
