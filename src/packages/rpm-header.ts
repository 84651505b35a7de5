import { invalid } from '../errors.ts';
import type { Path } from '../tree/node.ts';
import { byteStringOf } from '../tree/path.ts';
import { type Binary, binaryOf } from './binary.ts';
import { type Package, packageOf } from './package.ts';
import { utf8Of } from './text.ts';

const maxEntries = 65_535;
const lead = 0x8eade801;
/** Below stand the entries that say where a signed region ends. */
const firstTag = 100;

const tags = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  vendor: 1011,
  license: 1014,
  architecture: 1022,
  oldFileNames: 1027,
  fileFlags: 1037,
  sourceRpm: 1044,
  directoryIndexes: 1116,
  baseNames: 1117,
  directoryNames: 1118,
} as const;
const strings = new Set([6, 8, 9]);
const ghost = 1 << 6;

interface Entry {
  readonly type: number;
  readonly offset: number;
  readonly count: number;
}

/** A header's entries by tag, and its data. */
interface Header {
  readonly entries: ReadonlyMap<number, Entry>;
  readonly bytes: Uint8Array;
  readonly data: Binary;
  readonly subject: string;
}

/** Reads an rpm header as databases hold it, with or without the eight bytes that begin it in a file. */
function parseHeader(blob: Uint8Array, subject: string): Header {
  const all = binaryOf(blob, subject);
  const start = all.length >= 4 && all.u32(0) === lead ? 8 : 0;
  const [count, size] = [all.u32(start), all.u32(start + 4)];
  if (count > maxEntries) throw invalid(subject, `an rpm header of at most ${maxEntries} entries`, `${count}`);
  const bytes = all.part(start + 8 + 16 * count, size);
  const entries = new Map<number, Entry>();
  for (let index = 0; index < count; index++) {
    const at = start + 8 + 16 * index;
    const tag = all.u32(at);
    if (tag >= firstTag) entries.set(tag, { type: all.u32(at + 4), offset: all.u32(at + 8), count: all.u32(at + 12) });
  }
  return { entries, bytes, data: binaryOf(bytes, subject), subject };
}

/** The strings of an entry, as bytes; none where it is not there or holds none. */
function* bytesIn(header: Header, tag: number): Generator<Uint8Array> {
  const entry = header.entries.get(tag);
  if (entry === undefined || !strings.has(entry.type)) return;
  let at = entry.offset;
  for (let index = 0; index < entry.count; index++) {
    const end = header.bytes.indexOf(0, at);
    if (at > header.bytes.length || end < 0)
      throw invalid(header.subject, `${entry.count} strings of rpm tag ${tag}`, `${index}`);
    yield header.bytes.subarray(at, end);
    at = end + 1;
  }
}

function textIn(header: Header, tag: number): string | undefined {
  const [first] = bytesIn(header, tag);
  const text = first === undefined ? '' : utf8Of(first).trim();
  return text === '' || text === '(none)' ? undefined : text;
}

/** The numbers of 32 bits of an entry. */
function numbersIn({ entries, data }: Header, tag: number): (index: number) => number | undefined {
  const entry = entries.get(tag);
  return index => (entry?.type !== 4 || index >= entry.count ? undefined : data.u32(entry.offset + 4 * index));
}

function* filesIn(header: Header): Generator<Path> {
  const directories = Array.from(bytesIn(header, tags.directoryNames), byteStringOf);
  const directoryOf = numbersIn(header, tags.directoryIndexes);
  const flagsOf = numbersIn(header, tags.fileFlags);
  const isThere = (index: number): boolean => ((flagsOf(index) ?? 0) & ghost) === 0;
  let index = 0;
  for (const name of bytesIn(header, tags.baseNames)) {
    const directory = directories[directoryOf(index) ?? -1];
    if (directory === undefined) throw invalid(header.subject, 'a directory for each file', `none for number ${index}`);
    if (isThere(index)) yield `${directory}${byteStringOf(name)}`.replace(/^\/+/, '');
    index++;
  }
  if (index > 0) return;
  for (const name of bytesIn(header, tags.oldFileNames))
    if (isThere(index++)) yield byteStringOf(name).replace(/^\/+/, '');
}

/** `NAME-VERSION-RELEASE.src.rpm` taken apart. */
function sourceOf(rpm: string | undefined): Package['source'] {
  const [, name, version] = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(rpm ?? '') ?? [];
  return name === undefined || version === undefined ? undefined : { name, version };
}

/**
 * The package that an rpm header describes; undefined for a public key, which databases hold as if it were one. Throws `invalid`.
 */
export function headerPackage(blob: Uint8Array, path: Path, subject: string): Package | undefined {
  const header = parseHeader(blob, subject);
  const name = textIn(header, tags.name);
  if (name === undefined) throw invalid(subject, 'an rpm header with a name', 'one without');
  if (name === 'gpg-pubkey') return undefined;
  const [version, release] = [textIn(header, tags.version), textIn(header, tags.release)];
  const licence = textIn(header, tags.license);
  const rpm = textIn(header, tags.sourceRpm);
  const epoch = numbersIn(header, tags.epoch)(0);
  return packageOf(path, {
    type: 'rpm',
    name,
    version: [version, release].filter(part => part !== undefined).join('-'),
    epoch,
    architecture: textIn(header, tags.architecture),
    source: sourceOf(rpm),
    licences: licence === undefined ? [] : [licence],
    supplier: textIn(header, tags.vendor),
    files: [...filesIn(header)],
    qualifiers: rpm === undefined ? {} : { upstream: rpm },
  });
}
