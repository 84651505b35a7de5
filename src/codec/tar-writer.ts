import { invalid, unsupported } from '../errors.ts';
import { extensionLimit } from '../limits.ts';
import type { ByteString } from '../tree/node.ts';
import { byteStringOf, nameOf, shortTextOf } from '../tree/path.ts';
import { encodePax, libarchive, type PaxRecords, paxTimeText, schily } from './pax.ts';
import { blockSize, paddingAfter, sumOf } from './tar-header.ts';

/** What a header says of one member. `mtime` in whole seconds, and what comes to it in nanoseconds. */
export interface HeaderFields {
  readonly typeflag: '0' | '1' | '2' | '3' | '4' | '5' | '6';
  readonly path: ByteString;
  readonly link: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly nanoseconds?: number;
  readonly major: number;
  readonly minor: number;
  readonly xattrs: ReadonlyMap<ByteString, Uint8Array>;
}

const ascii = /^[\x01-\x7f]*$/;
const maxOctal = { id: 0o7777777, size: 0o77777777777, time: 0o77777777777 } as const;

/** Where a long name is cut for ustar's prefix field, or undefined where it does not fit. */
function splitName(path: ByteString): { prefix: ByteString; name: ByteString } | undefined {
  if (!ascii.test(path)) return undefined;
  if (path.length <= 100) return { prefix: '', name: path };
  const cut = path.lastIndexOf('/', Math.min(155, path.length - 2));
  return cut > 0 && path.length - cut - 1 <= 100
    ? { prefix: path.slice(0, cut), name: path.slice(cut + 1) }
    : undefined;
}

/** A PAX key ends at its first `=`, so that a name with one goes the way libarchive writes all: escaped, its value in base64. */
function xattrRecord(name: ByteString, value: Uint8Array): readonly [ByteString, ByteString] {
  if (!name.includes('=')) return [schily + name, byteStringOf(value)];
  const escaped = name.replace(/[%=]/g, character => (character === '=' ? '%3D' : '%25'));
  return [libarchive + escaped, Buffer.from(value).toString('base64')];
}

/** PAX records for what the ustar fields do not hold. */
function recordsFor(fields: HeaderFields, isSplit: boolean): PaxRecords {
  const records = new Map<ByteString, ByteString>();
  const number = (key: string, value: number): unknown => records.set(key, String(value));
  if (!isSplit) records.set('path', fields.path);
  if (fields.link.length > 100 || !ascii.test(fields.link)) records.set('linkpath', fields.link);
  if (fields.uid > maxOctal.id) number('uid', fields.uid);
  if (fields.gid > maxOctal.id) number('gid', fields.gid);
  if (fields.size > maxOctal.size) number('size', fields.size);
  const { mtime, nanoseconds = 0 } = fields;
  if (mtime < 0 || mtime > maxOctal.time || nanoseconds !== 0) records.set('mtime', paxTimeText(mtime, nanoseconds));
  for (const [name, value] of fields.xattrs) records.set(...xattrRecord(name, value));
  return records;
}

/** Where a field stands in a header, and its length in bytes. */
interface Field {
  readonly at: number;
  readonly length: number;
}

/** A ustar header's fields (POSIX pax, "ustar Interchange Format"). */
const ustar = {
  name: { at: 0, length: 100 },
  mode: { at: 100, length: 8 },
  uid: { at: 108, length: 8 },
  gid: { at: 116, length: 8 },
  size: { at: 124, length: 12 },
  mtime: { at: 136, length: 12 },
  checksum: { at: 148, length: 8 },
  typeflag: { at: 156, length: 1 },
  link: { at: 157, length: 100 },
  magic: { at: 257, length: 8 },
  major: { at: 329, length: 8 },
  minor: { at: 337, length: 8 },
  prefix: { at: 345, length: 155 },
} as const;
/** Its digits and their NUL: a space follows. */
const checksumDigits: Field = { at: ustar.checksum.at, length: 7 };

/** A block that says nothing yet: zero in the field of every number. */
const blank = Buffer.alloc(blockSize);
const { mode, uid, gid, size, mtime, major, minor, magic } = ustar;
for (const { at, length } of [mode, uid, gid, size, mtime, checksumDigits, major, minor])
  blank.fill('0', at, at + length - 1);
blank.write('ustar\u000000', magic.at);
blank.write(' ', checksumDigits.at + checksumDigits.length);

/** Digits up to the NUL that ends a field; the zeros before them are there. */
function octal(block: Buffer, { at, length }: Field, value: number): void {
  let rest = value;
  for (let digit = at + length - 2; rest > 0 && digit >= at; digit--) {
    block[digit] = 48 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}

function text(block: Buffer, { at, length }: Field, value: ByteString): void {
  const most = Math.min(length, value.length);
  for (let index = 0; index < most; index++) block[at + index] = value.charCodeAt(index);
}

/** The texts of a ustar block, each as it fits its field. */
interface UstarTexts {
  readonly prefix: ByteString;
  readonly name: ByteString;
  readonly link: ByteString;
  readonly typeflag: string;
}

type UstarNumbers = Pick<HeaderFields, 'mode' | 'uid' | 'gid' | 'size' | 'mtime' | 'major' | 'minor'>;

/** A ustar block; a number that does not fit its field is 0, for PAX to say. */
function ustarBlock(fields: UstarNumbers, { prefix, name, link, typeflag }: UstarTexts): Buffer {
  const block = Buffer.from(blank);
  const { uid, gid, size, mtime } = fields;
  text(block, ustar.name, name);
  octal(block, ustar.mode, fields.mode);
  octal(block, ustar.uid, uid > maxOctal.id ? 0 : uid);
  octal(block, ustar.gid, gid > maxOctal.id ? 0 : gid);
  octal(block, ustar.size, size > maxOctal.size ? 0 : size);
  octal(block, ustar.mtime, mtime < 0 || mtime > maxOctal.time ? 0 : mtime);
  text(block, ustar.typeflag, typeflag);
  text(block, ustar.link, link);
  octal(block, ustar.major, fields.major);
  octal(block, ustar.minor, fields.minor);
  text(block, ustar.prefix, prefix);
  octal(block, checksumDigits, sumOf(block, 0));
  return block;
}

/** A value that fits an ASCII header field: what stands in for a name that PAX carries. */
const stripped = (path: ByteString): ByteString => path.replace(/[^\x20-\x7e]/g, '').slice(-100) || 'pax';

const ofNobody = { mode: 0, uid: 0, gid: 0, mtime: 0, major: 0, minor: 0 } as const;

function paxBlocks(records: PaxRecords, path: ByteString): readonly Uint8Array[] {
  const body = encodePax(records);
  if (body.length > extensionLimit) {
    throw unsupported(
      shortTextOf(path),
      `attributes of at most ${extensionLimit} bytes, which is what readers take`,
      `${body.length} bytes`,
    );
  }
  // A directory has a slash behind its name.
  const last = nameOf(path.endsWith('/') ? path.slice(0, -1) : path);
  const name = `PaxHeaders.0/${stripped(last).slice(0, 87)}`;
  const header = ustarBlock({ ...ofNobody, size: body.length }, { prefix: '', name, link: '', typeflag: 'x' });
  return [header, body, paddingAfter(body.length)];
}

/**
 * The header blocks of one member: ustar, with a PAX header before it only where ustar does not hold it (POSIX pax).
 * An `invalid` error for device numbers and `unsupported` for attributes that do not fit.
 */
export function encodeHeader(fields: HeaderFields): Uint8Array {
  if (fields.major > maxOctal.id || fields.minor > maxOctal.id) {
    throw invalid(shortTextOf(fields.path), `device numbers up to ${maxOctal.id}`, `${fields.major}:${fields.minor}`);
  }
  const split = splitName(fields.path);
  const records = recordsFor(fields, split !== undefined);
  const link = records.has('linkpath') ? stripped(fields.link) : fields.link;
  const { prefix, name } = split ?? { prefix: '', name: stripped(fields.path) };
  const block = ustarBlock(fields, { prefix, name, link, typeflag: fields.typeflag });
  return records.size === 0 ? block : Buffer.concat([...paxBlocks(records, fields.path), block]);
}
