import { invalid } from '../errors.ts';
import { extensionCountLimit, extensionLimit, globalLimit } from '../limits.ts';
import type { ByteString } from '../tree/node.ts';
import { decodePax, type PaxRecords } from './pax.ts';
import type { RawHeader, Subject } from './tar-header.ts';

/** What stood before a header: PAX records (a member's own over global ones) and GNU long names. */
export interface Extensions {
  readonly records: PaxRecords;
  readonly longName: ByteString | undefined;
  readonly longLink: ByteString | undefined;
}

const nothing: Extensions = { records: new Map(), longName: undefined, longLink: undefined };

/** Global records that decide which files there are: engines pass over them and tar programs obey, so nobody may. */
const memberOnly = /^(path|linkpath|size|GNU\.sparse\..*)$/s;
const shared = /^(uid|gid|mtime|(SCHILY|LIBARCHIVE)\.xattr\..*)$/s;

const sizeOf = (records: PaxRecords): number =>
  [...records].reduce((sum, [key, value]) => sum + key.length + value.length, 0);

/** A PAX header, and what Solaris called it before there was PAX (`tar -E`): GNU tar reads both alike. */
const isPax = (typeflag: string): boolean => typeflag === 'x' || typeflag === 'X';

/** Whether this header only says something about a header that follows. */
export const isExtension = ({ typeflag }: RawHeader): boolean =>
  isPax(typeflag) || typeflag === 'g' || typeflag === 'L' || typeflag === 'K';

/** The extension headers of an archive as they pass by. */
export class ExtensionHeaders {
  #global: PaxRecords = nothing.records;
  #local: PaxRecords | undefined;
  #longName: ByteString | undefined;
  #longLink: ByteString | undefined;
  #count = 0;
  #typeflag = '';

  /** True where a member must follow. */
  get isOpen(): boolean {
    return this.#count > 0;
  }

  /** An extension header has come; its body will be `header.size` bytes. */
  begin(header: RawHeader, subject: Subject): void {
    if (++this.#count > extensionCountLimit)
      throw invalid(subject(), `at most ${extensionCountLimit} extension headers before a member`, 'more');
    if (header.size < 0 || header.size > extensionLimit) {
      throw invalid(
        subject(),
        `an extension header (PAX or GNU) of a size up to ${extensionLimit} bytes`,
        `${header.size}`,
      );
    }
    this.#typeflag = header.typeflag;
  }

  /** Its body. Of two headers of one kind the last counts, as in Go. */
  add(body: Buffer, subject: Subject): void {
    if (isPax(this.#typeflag)) this.#local = decodePax(body, subject);
    else if (this.#typeflag === 'g') this.#addGlobal(decodePax(body, subject), subject);
    else {
      const nul = body.indexOf(0);
      const text = body.toString('latin1', 0, nul < 0 ? body.length : nul);
      if (this.#typeflag === 'L') this.#longName = text;
      else this.#longLink = text;
    }
  }

  #addGlobal(records: PaxRecords, subject: Subject): void {
    const merged = new Map(this.#global);
    for (const [key, value] of records) {
      if (value.length === 0) merged.delete(key);
      else if (memberOnly.test(key))
        throw invalid(subject(), 'a global PAX header of attributes that files can share', `'${key}'`);
      else if (shared.test(key)) merged.set(key, value);
    }
    if (sizeOf(merged) > globalLimit) {
      throw invalid(subject(), `global PAX records of at most ${globalLimit} bytes together`, 'more');
    }
    this.#global = merged;
    this.#count = 0;
  }

  /** What applies to the member that has come now. */
  take(): Extensions {
    if (this.#count === 0 && this.#global.size === 0) return nothing;
    const local = this.#local ?? nothing.records;
    const records = this.#global.size === 0 ? local : new Map([...this.#global, ...local]);
    const extensions = { records, longName: this.#longName, longLink: this.#longLink };
    this.#local = undefined;
    this.#longName = undefined;
    this.#longLink = undefined;
    this.#count = 0;
    return extensions;
  }
}
