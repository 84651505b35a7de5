import { invalid } from '../errors.ts';
import type { ByteString } from '../tree/node.ts';
import { textOf } from '../tree/path.ts';

export const blockSize = 512;

/** What an error is about, asked for only when there is one: naming every member would cost more than reading it. */
export type Subject = () => string;

/** How many bytes fill a body up to whole blocks. */
export const paddingOf = (size: number): number => (blockSize - (size % blockSize)) % blockSize;

const zeros = new Uint8Array(blockSize);

/** The zeros that fill a body up to whole blocks. */
export const paddingAfter = (size: number): Uint8Array => zeros.subarray(0, paddingOf(size));

/** One header block, before PAX and GNU extensions are applied (POSIX ustar; GNU tar manual, "Basic Tar Format"). */
export interface RawHeader {
  readonly name: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Seconds. */
  readonly mtime: number;
  readonly typeflag: string;
  readonly link: ByteString;
  readonly major: number;
  readonly minor: number;
  readonly format: 'ustar' | 'gnu' | 'v7';
}

/** Bytes of a fixed field up to its first NUL. */
function fieldText(block: Buffer, start: number, length: number): ByteString {
  if (block[start] === 0) return '';
  const most = start + length;
  let end = start + 1;
  while (end < most && block[end] !== 0) end++;
  return block.toString('latin1', start, end);
}

/** GNU's binary numbers: big-endian two's complement behind a marking bit. */
function base256(block: Buffer, start: number, length: number): number {
  const first = block[start] as number;
  let value = (first & 0x40) === 0 ? BigInt(first & 0x7f) : BigInt(first) - 256n;
  for (let at = start + 1; at < start + length; at++) value = value * 256n + BigInt(block[at] as number);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : Number.NaN;
}

const isBlank = (byte: number | undefined): boolean => byte === 32 || byte === 0;

/** A numeric field as Go reads it: octal up to a NUL with blanks around it, or base-256. NaN where it is neither or beyond 2^53. */
export function fieldNumber(block: Buffer, start: number, length: number): number {
  if (((block[start] as number) & 0x80) !== 0) return base256(block, start, length);
  const end = start + length;
  let at = start;
  while (at < end && isBlank(block[at])) at++;
  let value = 0;
  for (; at < end; at++) {
    const digit = (block[at] as number) - 48;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  if (at < end && block[at] !== 0) while (at < end && isBlank(block[at])) at++;
  return at === end || block[at] === 0 ? value : Number.NaN;
}

/** Whether the block at `at` is all zeros. */
export function isZero(block: Buffer, at: number): boolean {
  for (let index = at; index < at + blockSize; index++) if (block[index] !== 0) return false;
  return true;
}

/** The checksum of the block at `at`, its own field counted as blanks. */
export function sumOf(block: Buffer, at: number): number {
  const view = new DataView(block.buffer, block.byteOffset + at, blockSize);
  // Two sums of 16 bits side by side: 256 bytes are at most 65,280.
  let sums = 0;
  for (let index = 0; index < blockSize; index += 4) {
    const word = view.getInt32(index);
    sums = (sums + (word & 0xff00ff) + ((word >>> 8) & 0xff00ff)) | 0;
  }
  let sum = (sums & 0xffff) + (sums >>> 16);
  for (let index = at + 148; index < at + 156; index++) sum += 32 - (block[index] as number);
  return sum;
}

/** What the sum is where bytes count as signed, as some old systems had it. */
function signedSumOf(block: Buffer, at: number): number {
  let sum = sumOf(block, at);
  for (let index = at; index < at + blockSize; index++) {
    const isSummed = index < at + 148 || index >= at + 156;
    if (isSummed && (block[index] as number) > 127) sum -= 256;
  }
  return sum;
}

/** Whether the block at `at` has the checksum of a header. */
export function isHeader(block: Buffer, at: number): boolean {
  const recorded = fieldNumber(block, at + 148, 8);
  return recorded === sumOf(block, at) || recorded === signedSumOf(block, at);
}

function formatOf(block: Buffer, at: number): RawHeader['format'] {
  if (block[at + 257] !== 0x75 || block.toString('latin1', at + 257, at + 262) !== 'ustar') return 'v7';
  if (block[at + 262] === 0) return 'ustar';
  return block.toString('latin1', at + 262, at + 265) === '  \0' ? 'gnu' : 'v7';
}

const isTime = (block: Buffer, at: number): boolean => block[at] === 0 || !Number.isNaN(fieldNumber(block, at, 12));

/** The leading directories of a long name. star keeps times in the field's end; Go before 1.8 wrote the field in GNU headers too. */
function prefixOf(block: Buffer, at: number, format: RawHeader['format']): ByteString {
  if (block[at + 345] === 0 || format === 'v7') return '';
  if (format === 'ustar')
    return fieldText(block, at + 345, block.toString('latin1', at + 508, at + 512) === 'tar\0' ? 131 : 155);
  if (isTime(block, at + 345) && isTime(block, at + 357)) return '';
  const prefix = fieldText(block, at + 345, 155);
  return /^[\x01-\x7f]*$/.test(prefix) ? prefix : '';
}

/** Decodes the header block at `at`. An `invalid` error for a wrong checksum or a number that is none. */
export function decodeHeader(block: Buffer, at: number, subject: Subject): RawHeader {
  if (!isHeader(block, at)) {
    throw invalid(
      subject(),
      `a tar header with checksum ${sumOf(block, at).toString(8)}`,
      `'${textOf(fieldText(block, at + 148, 8))}'`,
    );
  }
  const format = formatOf(block, at);
  const number = (start: number, length: number, field: string): number => {
    const value = fieldNumber(block, at + start, length);
    if (Number.isNaN(value))
      throw invalid(
        subject(),
        `a number as ${field} in the tar header`,
        `'${textOf(fieldText(block, at + start, length))}'`,
      );
    return value;
  };
  const prefix = prefixOf(block, at, format);
  const name = fieldText(block, at, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: number(100, 8, 'mode'),
    uid: number(108, 8, 'uid'),
    gid: number(116, 8, 'gid'),
    size: number(124, 12, 'size'),
    mtime: number(136, 12, 'mtime'),
    typeflag: String.fromCharCode(block[at + 156] as number),
    link: fieldText(block, at + 157, 100),
    major: format === 'v7' ? 0 : number(329, 8, 'device major'),
    minor: format === 'v7' ? 0 : number(337, 8, 'device minor'),
    format,
  };
}
