import { invalid } from '../errors.ts';
import { type ByteString, noXattrs } from '../tree/node.ts';
import { byteStringOf } from '../tree/path.ts';
import { type PaxRecords, paxInteger, paxTime } from './pax.ts';
import type { RawHeader } from './tar-header.ts';

/** One member of a tar archive with its extensions applied. */
export interface TarMember {
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo';
  /** As recorded: may be absolute, or lead out of the root. */
  readonly path: ByteString;
  readonly link: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Bytes of the body; of the whole file where it is stored sparsely. */
  readonly size: number;
  readonly major: number;
  readonly minor: number;
  readonly xattrs: ReadonlyMap<ByteString, Uint8Array>;
  /** Byte offset of the header block in the archive. */
  readonly offset: number;
}

/** Extensions that stood before a header: PAX records (global ones first) and GNU long names. */
export interface Extensions {
  readonly records: PaxRecords;
  readonly longName: ByteString | undefined;
  readonly longLink: ByteString | undefined;
}

const types: Readonly<Record<string, TarMember['type']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

const schily = 'SCHILY.xattr.';
const libarchive = 'LIBARCHIVE.xattr.';

function xattrsOf(records: PaxRecords): ReadonlyMap<ByteString, Uint8Array> {
  let xattrs: Map<ByteString, Uint8Array> | undefined;
  for (const [key, value] of records) {
    if (key.startsWith(schily)) {
      xattrs ??= new Map();
      xattrs.set(key.slice(schily.length), value);
    } else if (key.startsWith(libarchive)) {
      xattrs ??= new Map();
      const name = percentDecoded(key.slice(libarchive.length));
      if (!records.has(`${schily}${name}`)) xattrs.set(name, Buffer.from(byteStringOf(value), 'base64'));
    }
  }
  return xattrs ?? noXattrs;
}

/** Percent escapes of a byte string. */
function percentDecoded(text: ByteString): ByteString {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The announced body size of a header: PAX's where the member has a body of its own. */
export function bodySizeOf(header: RawHeader, extensions: Extensions, subject: string): number {
  const record = extensions.records.get('size');
  const size = record === undefined || record.length === 0 ? header.size : paxInteger(record, 'size', subject);
  if (!Number.isSafeInteger(size) || size < 0) throw invalid(subject, 'a size from 0 to 2^53', `${size}`);
  return size;
}

function idOf(records: PaxRecords, key: 'uid' | 'gid', otherwise: number, subject: string): number {
  const record = records.get(key);
  const id = record === undefined || record.length === 0 ? otherwise : paxInteger(record, key, subject);
  if (!Number.isSafeInteger(id) || id < 0 || id > 0xffff_ffff)
    throw invalid(subject, `${key} from 0 to 2^32-1`, `${id}`);
  return id;
}

function mtimeOf(records: PaxRecords, header: RawHeader, subject: string): bigint {
  const record = records.get('mtime');
  if (record !== undefined && record.length > 0) return paxTime(record, 'mtime', subject);
  if (!Number.isSafeInteger(header.mtime)) throw invalid(subject, 'an mtime below 2^53 seconds', `${header.mtime}`);
  return BigInt(header.mtime) * 1_000_000_000n;
}

/** The type of a header's member, or undefined for one that this reader passes over. */
export function typeOf(header: RawHeader, path: ByteString): TarMember['type'] | undefined {
  const type = types[header.typeflag];
  return type === 'file' && path.endsWith('/') ? 'directory' : type;
}

/** The name that a header has once its extensions are applied. */
export function pathOf(header: RawHeader, extensions: Extensions): ByteString {
  const record = extensions.records.get('GNU.sparse.name') ?? extensions.records.get('path');
  if (record !== undefined && record.length > 0) return byteStringOf(record);
  return extensions.longName ?? header.name;
}

/** A header and its extensions as one member. */
export function memberOf(
  header: RawHeader,
  extensions: Extensions,
  at: {
    readonly type: TarMember['type'];
    readonly path: ByteString;
    readonly size: number;
    readonly offset: number;
    readonly subject: string;
  },
): TarMember {
  const { records } = extensions;
  const link = records.get('linkpath');
  return {
    type: at.type,
    path: at.path,
    link: link !== undefined && link.length > 0 ? byteStringOf(link) : (extensions.longLink ?? header.linkname),
    mode: header.mode & 0o7777,
    uid: idOf(records, 'uid', header.uid, at.subject),
    gid: idOf(records, 'gid', header.gid, at.subject),
    mtime: mtimeOf(records, header, at.subject),
    size: at.size,
    major: header.major,
    minor: header.minor,
    xattrs: records.size === 0 ? noXattrs : xattrsOf(records),
    offset: at.offset,
  };
}
