import { invalid } from '../errors.ts';
import type { ByteString } from '../tree/node.ts';

export const blockSize = 512;

/** One 512-byte header block, before PAX and GNU extensions are applied (POSIX ustar; GNU tar manual, "Basic Tar Format"). */
export interface RawHeader {
  readonly name: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds. */
  readonly mtime: number;
  readonly typeflag: string;
  readonly linkname: ByteString;
  readonly major: number;
  readonly minor: number;
  readonly magic: 'ustar' | 'gnu' | 'v7';
}

/** Bytes up to the first NUL of a fixed field. */
export function fieldText(block: Buffer, start: number, length: number): ByteString {
  const end = block.indexOf(0, start);
  return block.toString('latin1', start, end < 0 || end > start + length ? start + length : end);
}

function base256(block: Buffer, start: number, length: number): number {
  const negative = ((block[start] as number) & 0x40) !== 0;
  let value = negative ? -1n : 0n;
  for (let at = start; at < start + length; at++) {
    const byte = at === start ? ((block[at] as number) & 0x7f) | (negative ? 0x80 : 0) : (block[at] as number);
    value = (value << 8n) | BigInt(at === start && !negative ? byte & 0x3f : byte);
  }
  return Number(negative ? BigInt.asIntN(length * 8, value) : value);
}

/** A numeric field: octal with blanks around it, or GNU base-256. NaN where it is neither. */
export function fieldNumber(block: Buffer, start: number, length: number): number {
  if (((block[start] as number) & 0x80) !== 0) return base256(block, start, length);
  let at = start;
  const end = start + length;
  while (at < end && (block[at] === 32 || block[at] === 0)) at++;
  let value = 0;
  for (; at < end; at++) {
    const byte = block[at] as number;
    if (byte === 32 || byte === 0) break;
    if (byte < 48 || byte > 55) return Number.NaN;
    value = value * 8 + byte - 48;
  }
  for (; at < end; at++) if (block[at] !== 32 && block[at] !== 0) return Number.NaN;
  return value;
}

/** True for a block of zeros. */
export function isZero(block: Buffer): boolean {
  for (let at = 0; at < blockSize; at += 1) if (block[at] !== 0) return false;
  return true;
}

function checkSum(block: Buffer, subject: string): void {
  let unsigned = 8 * 32;
  let signed = 8 * 32;
  for (let at = 0; at < blockSize; at++) {
    if (at >= 148 && at < 156) continue;
    const byte = block[at] as number;
    unsigned += byte;
    signed += byte < 128 ? byte : byte - 256;
  }
  const recorded = fieldNumber(block, 148, 8);
  if (recorded !== unsigned && recorded !== signed) {
    throw invalid(
      subject,
      `a tar header with checksum ${unsigned.toString(8)}`,
      Number.isNaN(recorded) ? 'no number' : recorded.toString(8),
    );
  }
}

function magicOf(block: Buffer): RawHeader['magic'] {
  const magic = block.toString('latin1', 257, 265);
  if (magic.startsWith('ustar\0')) return 'ustar';
  return magic === 'ustar  \0' ? 'gnu' : 'v7';
}

/** Decodes a header block. An `invalid` error for a wrong checksum or a number that is none. */
export function decodeHeader(block: Buffer, subject: string): RawHeader {
  checkSum(block, subject);
  const magic = magicOf(block);
  const number = (start: number, length: number, field: string): number => {
    const value = fieldNumber(block, start, length);
    if (Number.isNaN(value))
      throw invalid(
        subject,
        `an octal ${field} in the tar header`,
        `'${fieldText(block, start, length).slice(0, length)}'`,
      );
    return value;
  };
  const prefix = magic === 'ustar' ? fieldText(block, 345, 155) : '';
  const name = fieldText(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: number(100, 8, 'mode'),
    uid: number(108, 8, 'uid'),
    gid: number(116, 8, 'gid'),
    size: number(124, 12, 'size'),
    mtime: number(136, 12, 'mtime'),
    typeflag: String.fromCharCode(block[156] as number),
    linkname: fieldText(block, 157, 100),
    major: magic === 'v7' ? 0 : number(329, 8, 'device major'),
    minor: magic === 'v7' ? 0 : number(337, 8, 'device minor'),
    magic,
  };
}
