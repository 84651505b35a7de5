import { invalid, unsupported } from '../errors.ts';
import { encodeBase64 } from '../spec/base64.ts';
import { bytesOf, exactTextOf, shortTextOf } from '../tree/path.ts';
import { schily } from './pax.ts';
import type { CutMember } from './tar-cutter.ts';

const words: Readonly<Record<CutMember['type'], string>> = {
  file: 'reg',
  directory: 'dir',
  symlink: 'symlink',
  hardlink: 'hardlink',
  char: 'char',
  block: 'block',
  fifo: 'fifo',
};

/** A row of a table of contents: fields in the order in which they are written. */
export type TocRow = Readonly<Record<string, unknown>>;

/** The fields that have a value: what is absent, zero or empty is left out, as Go's omitempty has it. */
export function row(fields: TocRow): TocRow {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== 0 && value !== ''),
  );
}

export const typeWord = ({ type }: Pick<CutMember, 'type'>): string => words[type];

/** A name as text. Tables hold nothing else: another name would be another file. Throws `unsupported`. */
export function tocText(bytes: string, subject: string): string {
  const text = exactTextOf(bytes);
  if (text !== undefined) return text;
  throw unsupported(subject, 'names in UTF-8, all that a table of contents can hold', `'${shortTextOf(bytes)}'`);
}

const second = 1_000_000_000n;
/** Seconds since 1970 of the years that RFC 3339 has. */
const [first, last] = [-62_167_219_200n, 253_402_300_799n];

/** Nanoseconds since 1970 in RFC 3339, with as many digits of a fraction as it has. Throws `unsupported`. */
export function timeOf(time: bigint, subject: string): string {
  const fraction = ((time % second) + second) % second;
  const seconds = (time - fraction) / second;
  if (seconds < first || seconds > last)
    throw unsupported(subject, 'a time from the year 0 to 9999', `${seconds} seconds since 1970`);
  const digits = fraction === 0n ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}${digits}Z`;
}

/** Extended attributes as tables have them: values in base64, by name. */
export function xattrsOf({ records }: CutMember, subject: string): Readonly<Record<string, string>> | undefined {
  const found = [...records].flatMap(([key, value]) =>
    key.startsWith(schily) ? [[tocText(key.slice(schily.length), subject), encodeBase64(bytesOf(value))] as const] : [],
  );
  return found.length === 0 ? undefined : Object.fromEntries(found.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Holds names to be there once each: readers refuse a table that has one twice, and two files of one name are one file. */
export class OnceNamed {
  readonly #names = new Set<string>();
  readonly #subject: string;

  constructor(subject: string) {
    this.#subject = subject;
  }

  /** Throws `invalid`. */
  add({ path }: CutMember): void {
    const name = path.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
    if (this.#names.has(name)) throw invalid(this.#subject, 'each name once', `'${shortTextOf(path)}' twice`);
    this.#names.add(name);
  }
}
