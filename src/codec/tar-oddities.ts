import { isZeros } from '../engine/zeros.ts';
import { nameLimit, systemPathLimit, targetLimit, xattrLimit } from '../limits.ts';
import type { TarOddityCode } from '../spec/tar-fault-codes.ts';
import type { ByteString } from '../tree/node.ts';
import { exactTextOf, leadsOut, nameOf, shortTextOf } from '../tree/path.ts';
import { isWhiteoutName } from '../tree/whiteout.ts';
import { xattrFault } from '../tree/xattr-faults.ts';
import { isHostXattr } from '../tree/xattrs.ts';
import { libarchive, schily } from './pax.ts';
import { isExtension } from './tar-extensions.ts';
import type { RawHeader } from './tar-header.ts';
import type { TarMember } from './tar-member.ts';

/** One of them, in a sentence; `offset` is the byte of the archive, `name` the member's as it is recorded. */
interface TarOddity {
  readonly code: TarOddityCode;
  readonly name?: ByteString;
  readonly offset: number;
  readonly message: string;
}

/** The most bytes that a size field says in octal. */
const largestSize = 0o77777777777;
/** The most that an ID field says in octal. */
const largestID = 0o7777777;
/** The first second that a time field does not say in octal, in nanoseconds. */
const lastTime = 2n ** 33n * 1_000_000_000n;
const bodiless = /^[1-6]$/;
const knownRecord =
  /^(?:path|linkpath|size|[ug]id|[ug]name|[mac]time|charset|hdrcharset|comment|SCHILY\..*|GNU\..*|LIBARCHIVE\..*|MSWINDOWS\..*|RHT\..*)$/s;
/** Engines unpack below a directory of their own, whose path counts as well. */
const longestPath = systemPathLimit - 256;
const plain = /^[\x20-\x7e]*$/;
const control = /[\x00-\x1f\x7f]/;

const isRoot = (name: ByteString): boolean => /^[./]*$/.test(name) && !name.includes('..');

/** What is odd about the headers of an archive, found as they pass. State: the header that has come, and what there is to say of the archive as a whole. */
export class TarOddities {
  readonly #say: (oddity: TarOddity) => void;
  #isGlobal = false;
  #isFilled = false;
  /** What the header of the member that comes next says itself of its size. */
  #size = 0;
  /** Whether GNU's form of a long name stood before it. */
  #hasLongName = false;
  /** The types of the extension headers before the member that comes next. */
  readonly #extensions = new Set<string>();
  /** Names that begin with `./`: tar programs give it to all or to none. */
  #dotted: Omit<TarOddity, 'code' | 'message'> | undefined;
  #dots = 0;

  constructor(say: (oddity: TarOddity) => void) {
    this.#say = say;
  }

  /** A header as it stands, extension headers among them. */
  header(header: RawHeader, offset: number): void {
    const { typeflag, size, name } = header;
    this.#size = size;
    if (isExtension(header)) this.#extension(typeflag, offset);
    else {
      this.#hasLongName = this.#extensions.has('L');
      this.#extensions.clear();
    }
    if (typeflag === 'g' && !this.#isGlobal) {
      this.#isGlobal = true;
      this.#say({ code: 'tar-pax-global', offset, message: 'a global PAX header' });
    }
    if (typeflag === 'S')
      this.#say({ code: 'tar-sparse-gnu', name, offset, message: "a file of GNU's own sparse type, S" });
    if (size > 0 && bodiless.test(typeflag))
      this.#say({
        code: 'tar-size-ignored',
        name,
        offset,
        message: `an entry of type ${typeflag} with a size of ${size}`,
      });
  }

  #extension(typeflag: string, offset: number): void {
    if (typeflag !== 'g' && this.#extensions.has(typeflag))
      this.#say({
        code: 'tar-extension-twice',
        offset,
        message: `a second header of type ${typeflag} before one entry`,
      });
    this.#extensions.add(typeflag);
  }

  /** Bytes that no reader reads. */
  unread(bytes: Uint8Array, offset: number): void {
    if (this.#isFilled || bytes.length === 0) return;
    for (let at = 0; at < bytes.length; at += 1 << 20)
      this.#isFilled ||= !isZeros(bytes, at, Math.min(bytes.length, at + (1 << 20)));
    if (this.#isFilled)
      this.#say({ code: 'tar-padding', offset, message: 'bytes that are not zeros where nothing is read' });
  }

  /** The archive is at its end. */
  over(isEnded: boolean, offset: number): void {
    if (this.#dotted !== undefined)
      this.#say({
        ...this.#dotted,
        code: 'tar-name-dot',
        message: `names that begin with './', ${this.#dots} of them`,
      });
    if (!isEnded)
      this.#say({ code: 'tar-end-missing', offset, message: 'expected two blocks of zeros at the end, got fewer' });
  }

  member(member: TarMember): void {
    const { offset, path: name } = member;
    const say = (code: TarOddityCode, message: string): void => this.#say({ code, name, offset, message });
    this.#name(member, say);
    attributes(member, say);
    if (member.type === 'symlink' && (member.link === '' || member.link.length >= targetLimit))
      say('tar-symlink-target', `a symbolic link with a target of ${member.link.length} bytes`);
    if (member.records.size > 0) this.#records(member, say);
    if (member.isSparse && member.records.size > 0) say('tar-sparse', `a file that is stored sparsely`);
    const last = nameOf(name.endsWith('/') ? name.slice(0, -1) : name);
    if (isWhiteoutName(last) && (member.type !== 'file' || member.size > 0))
      say('tar-whiteout-odd', `expected an empty file, got a ${member.type} of ${member.size} bytes`);
  }

  /** What PAX says beside what other headers say of the same. */
  #records(member: TarMember, say: Say): void {
    const size = member.records.get('size') ?? '';
    // What a header says of a size that it has no room for is nothing to go by.
    if (size !== '' && Number(size) !== this.#size && Number(size) <= largestSize)
      say('tar-size-conflict', `a size of ${size} bytes in PAX, and of ${this.#size} in the header`);
    if (this.#hasLongName && member.records.has('path'))
      say('tar-name-twice', "a name in PAX, and another in GNU's form");
    records(member, say);
  }

  #name({ path: name, offset }: TarMember, say: Say): void {
    if (leadsOut(name)) say('tar-name-outside', 'a name that leads out of the root');
    else if (name.includes('..') && name.split('/').includes('..')) say('tar-name-dotdot', "a name with '..' in it");
    else if (isRoot(name)) say('tar-root-entry', 'an entry for the root');
    else if (name.startsWith('/')) say('tar-name-absolute', "a name that begins with '/'");
    else if (name.startsWith('./')) {
      this.#dotted ??= { name, offset };
      this.#dots++;
    }
    if (name.length > longestPath) say('tar-path-long', `a path of ${name.length} bytes`);
    if (plain.test(name)) return;
    if (control.test(name)) say('tar-name-control', 'a name with control characters in it');
    if (name.length <= nameLimit * 16 && exactTextOf(name) === undefined)
      say('tar-name-encoding', 'a name that is not UTF-8');
  }
}

type Say = (code: TarOddityCode, message: string) => void;

function attributes({ type, mode, uid, gid, mtime }: TarMember, say: Say): void {
  if (mtime < 0n || mtime >= lastTime) say('tar-time-range', `a time of ${mtime / 1_000_000_000n} seconds since 1970`);
  if (uid > largestID || gid > largestID) say('tar-id-large', `owner ${uid}:${gid}`);
  if (type === 'char' || type === 'block') say('tar-device', `a ${type} device`);
  if (type === 'symlink' || type === 'hardlink') return;
  if ((mode & 0o6000) !== 0 && type !== 'directory') say('tar-setuid', `mode ${mode.toString(8)}`);
  const isSticky = type === 'directory' && (mode & 0o1000) !== 0;
  if ((mode & 0o002) !== 0 && !isSticky && type !== 'char') say('tar-world-writable', `mode ${mode.toString(8)}`);
}

/** What ext4 holds of a file's extended attributes: a block, and 16 bytes go with each besides its name. */
const [xattrBlock, xattrHeader] = [4096, 16];
const ofFilesAlone: ReadonlySet<TarMember['type']> = new Set(['symlink', 'char', 'block', 'fifo']);

function records({ type, records: found, xattrs }: TarMember, say: Say): void {
  for (const key of found.keys())
    if (!knownRecord.test(key)) say('tar-pax-unknown', `a PAX record '${shortTextOf(key)}'`);
  let together = 0;
  for (const [name, value] of xattrs) {
    const text = shortTextOf(name);
    together += isHostXattr(name) ? 0 : xattrHeader + name.length + value.length;
    if (value.length > xattrLimit) say('tar-xattr-large', `the extended attribute ${text} of ${value.length} bytes`);
    const fault = xattrFault(name, value, type === 'directory');
    if (fault !== undefined) say('tar-xattr-invalid', `the extended attribute '${text}' ${fault}`);
    if (ofFilesAlone.has(type) && name.startsWith('user.')) say('tar-xattr-link', `the extended attribute ${text}`);
    if (name === 'security.capability') say('tar-capability', 'the capabilities of a program');
    if (isHostXattr(name)) say('tar-xattr-host', `the extended attribute ${text}`);
    else if (!found.has(schily + name))
      say('tar-xattr-libarchive', `the extended attribute ${text}, as ${libarchive}* alone`);
  }
  if (together > xattrBlock) say('tar-xattr-together', `extended attributes of ${together} bytes`);
}
