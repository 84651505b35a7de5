import { invalid } from '../errors.ts';
import type { ByteString } from '../tree/node.ts';
import { decodePax, type PaxRecords } from './pax.ts';
import type { RawHeader } from './tar-header.ts';
import type { Extensions } from './tar-member.ts';

/** Largest extension header (PAX, GNU long name), and most of them before one member. */
export const maxExtension: number = 1 << 20;
const maxExtensions = 64;

/** Extension headers that stand before a member. State: what has been read of them, and PAX's global records. */
export class ExtensionHeaders {
  #type = '';
  #count = 0;
  #global: PaxRecords = new Map();
  #local: PaxRecords | undefined;
  #longName: ByteString | undefined;
  #longLink: ByteString | undefined;

  /** True between an extension header and the member that it is for. */
  get isOpen(): boolean {
    return this.#count > 0;
  }

  begin(header: RawHeader, subject: string): void {
    if (++this.#count > maxExtensions)
      throw invalid(subject, `at most ${maxExtensions} extension headers before a member`, 'more');
    if (!(header.size >= 0 && header.size <= maxExtension)) {
      throw invalid(
        subject,
        `an extension header (PAX or GNU) of a size up to ${maxExtension} bytes`,
        `${header.size}`,
      );
    }
    this.#type = header.typeflag;
  }

  body(body: Buffer, subject: string): void {
    const nul = body.indexOf(0);
    const text = (): ByteString => body.toString('latin1', 0, nul < 0 ? body.length : nul);
    if (this.#type === 'L') this.#longName = text();
    else if (this.#type === 'K') this.#longLink = text();
    else if (this.#type === 'x') this.#local = decodePax(body, subject);
    else this.#mergeGlobal(decodePax(body, subject));
  }

  /** A global header stands for all members that follow; an empty value takes one back. */
  #mergeGlobal(records: PaxRecords): void {
    for (const [key, value] of records) {
      if (value.length === 0) this.#global.delete(key);
      else this.#global.set(key, value);
    }
    this.#count = 0;
  }

  /** What applies to the member that comes now. */
  take(): Extensions {
    const local = this.#local;
    const records =
      local === undefined ? this.#global : this.#global.size === 0 ? local : new Map([...this.#global, ...local]);
    const extensions = { records, longName: this.#longName, longLink: this.#longLink };
    this.#local = undefined;
    this.#longName = undefined;
    this.#longLink = undefined;
    this.#count = 0;
    return extensions;
  }
}
