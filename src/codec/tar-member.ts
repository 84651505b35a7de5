import { invalid } from '../errors.ts';
import { type ByteString, noXattrs } from '../tree/node.ts';
import { bytesOf, shortTextOf } from '../tree/path.ts';
import { libarchive, type PaxRecords, paxInteger, paxText, paxTime, schily } from './pax.ts';
import type { Extensions } from './tar-extensions.ts';
import type { RawHeader, Subject } from './tar-header.ts';

/** One member of a tar archive with its extensions applied. */
export interface TarMember {
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo';
  /** As recorded: may be absolute, or lead out of the root. */
  readonly path: ByteString;
  readonly link: ByteString;
  /** 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
  /** Bytes of the body; of the whole file where it is stored sparsely; 0 for what is no file. */
  readonly size: number;
  readonly major: number;
  readonly minor: number;
  readonly xattrs: ReadonlyMap<ByteString, Uint8Array>;
  /** Byte offset of the header block in the archive. */
  readonly offset: number;
  /** Its PAX records, as they are. */
  readonly records: PaxRecords;
  /** Whether holes of its body are left out in the archive. */
  readonly isSparse: boolean;
}

/** Where members go: `member`, then `data` any number of times for a file, then `end`. A data chunk is valid during the call. */
export interface TarSink {
  /** What of it takes long may be given back, and is done in parts before anything else comes. */
  member(member: TarMember): Iterable<number> | undefined;
  data(chunk: Uint8Array): void;
  end(): void;
  /** A header as it stands, extension headers among them, and the byte at which it does. */
  header?(header: RawHeader, offset: number): void;
  /** Bytes that nobody reads, behind a body or behind the end of the archive, from this byte of it on. */
  unread?(bytes: Uint8Array, offset: number): void;
}

const types: Readonly<Record<string, TarMember['type']>> = {
  '0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
  D: 'directory',
};

/** GNU tar's label of a volume (`tar -V`). */
export const isLabel = ({ typeflag }: RawHeader): boolean => typeflag === 'V';

/** A directory of an incremental archive (`tar -g`): its body is a list of what was in it, and says nothing of what is here. */
export const isDumped = ({ typeflag }: RawHeader): boolean => typeflag === 'D';

/** What tar programs read and engines do not unpack: these two, Solaris' spelling of a PAX header, and POSIX's contiguous files. */
export const isOfTarAlone = (header: RawHeader): boolean =>
  isLabel(header) || isDumped(header) || header.typeflag === 'X' || header.typeflag === '7';

/** The type of a header's member, or undefined for one that no engine unpacks. Only v7's own typeflag makes a directory of a slash, as in Go. */
export function typeOf({ typeflag }: RawHeader, path: ByteString): TarMember['type'] | undefined {
  if (typeflag === '\0') return path.endsWith('/') ? 'directory' : 'file';
  return types[typeflag];
}

/** The same; throws `invalid` for a type that is none of ours. */
export function checkedTypeOf(header: RawHeader, path: ByteString, subject: Subject): TarMember['type'] {
  const type = typeOf(header, path);
  if (type !== undefined) return type;
  throw invalid(subject(), 'a file, link, directory, device or fifo', `type '${shortTextOf(header.typeflag)}'`);
}

/** What to say of an archive with headers of these types. */
export const ofTarAloneText = (types: ReadonlySet<string>): string =>
  `entries of type ${[...types].sort().join(', ')}, which tar programs read and engines do not`;

/** A member whose header is read: `stored` bytes follow, the first of them perhaps a sparse map. */
export interface Pending {
  readonly header: RawHeader;
  readonly extensions: Extensions;
  readonly type: TarMember['type'];
  readonly path: ByteString;
  readonly stored: number;
}

/** The name that a header has once its extensions are applied: GNU's over PAX's, as in Go. */
export function pathOf(header: RawHeader, { longName, records }: Extensions): ByteString {
  if (longName !== undefined && longName !== '') return longName;
  return records.size === 0 ? header.name : (paxText(records, 'path') ?? header.name);
}

function linkOf(header: RawHeader, { longLink, records }: Extensions): ByteString {
  if (longLink !== undefined && longLink !== '') return longLink;
  return records.size === 0 ? header.link : (paxText(records, 'linkpath') ?? header.link);
}

/** The announced body size of a header, in bytes. */
export function bodySizeOf(header: RawHeader, { records }: Extensions, subject: Subject): number {
  const size = paxInteger(records, 'size', subject) ?? header.size;
  if (size < 0) throw invalid(subject(), 'a size from 0 to 2^53', `${size}`);
  return size;
}

/** Percent escapes of a byte string. */
function unescapeName(text: ByteString): ByteString {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Extended attributes; libarchive writes each one twice, and its own form has the safer name but not always the value. */
function xattrsOf(records: PaxRecords): TarMember['xattrs'] {
  const xattrs = new Map<ByteString, Uint8Array>();
  for (const [key, value] of records) {
    if (key.startsWith(schily)) xattrs.set(key.slice(schily.length), new Uint8Array(bytesOf(value)));
  }
  for (const [key, value] of records) {
    const name = key.startsWith(libarchive) ? unescapeName(key.slice(libarchive.length)) : undefined;
    if (name !== undefined && !records.has(schily + name))
      xattrs.set(name, new Uint8Array(Buffer.from(value, 'base64')));
  }
  return xattrs.size === 0 ? noXattrs : xattrs;
}

function checkId(id: number, key: 'uid' | 'gid', subject: Subject): number {
  if (id < 0 || id > 0xffff_ffff) throw invalid(subject(), `${key} from 0 to 2^32-1`, `${id}`);
  return id;
}

/** What a member is besides its header and extensions. */
interface MemberFacts {
  readonly type: TarMember['type'];
  readonly path: ByteString;
  readonly size: number;
  readonly offset: number;
}

/** A header and its extensions as one member. An `invalid` error for an owner or a time out of range. */
export function memberOf(
  header: RawHeader,
  extensions: Extensions,
  facts: MemberFacts & { readonly subject: Subject },
): TarMember {
  const { records } = extensions;
  const { type, path, size, offset, subject } = facts;
  const isPlain = records.size === 0;
  return {
    type,
    path,
    link: linkOf(header, extensions),
    mode: header.mode & 0o7777,
    uid: checkId((isPlain ? undefined : paxInteger(records, 'uid', subject)) ?? header.uid, 'uid', subject),
    gid: checkId((isPlain ? undefined : paxInteger(records, 'gid', subject)) ?? header.gid, 'gid', subject),
    mtime: (isPlain ? undefined : paxTime(records, 'mtime', subject)) ?? BigInt(header.mtime) * 1_000_000_000n,
    size,
    major: header.major,
    minor: header.minor,
    xattrs: isPlain ? noXattrs : xattrsOf(records),
    offset,
    records,
    isSparse: header.typeflag === 'S' || (!isPlain && [...records.keys()].some(key => key.startsWith('GNU.sparse.'))),
  };
}
