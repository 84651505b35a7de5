import { decodeBase64, encodeBase64 } from '../spec/base64.ts';
import type { ByteString, Path } from '../tree/node.ts';
import { each, inOrder, type Parts } from '../tree/parts.ts';
import { byteStringOf, bytesOf } from '../tree/path.ts';
import { second, secondsOf } from '../tree/time.ts';

/** What mtree(5) calls types. */
const types = ['file', 'dir', 'link', 'char', 'block', 'fifo'] as const;
export type MtreeType = (typeof types)[number];

/** What a line of an mtree says of a path; what is undefined it does not say. Times in nanoseconds. */
export interface MtreeEntry {
  readonly type: MtreeType;
  readonly mode?: number | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly size?: number | undefined;
  readonly time?: bigint | undefined;
  readonly device?: { readonly major: number; readonly minor: number } | undefined;
  /** Equal numbers are names of one node. */
  readonly inode?: number | undefined;
  /** The path need not be there. */
  readonly isOptional?: boolean | undefined;
  readonly xattrs?: ReadonlyMap<ByteString, Uint8Array> | undefined;
}

/** An mtree (mtree(5), version 2: a full path a line) and the comments in it, without their `#`. */
export interface Mtree {
  readonly comments: readonly string[];
  readonly entries: ReadonlyMap<Path, MtreeEntry>;
}

const title = '#mtree v2.0';
const unsafe = /[^!-~]|[\\#=]/g;

/** vis(3) as libarchive writes it: every byte that is no visible ASCII, and the backslash, # and =, in octal. */
const escaped = (bytes: ByteString): string =>
  bytes.replace(unsafe, byte => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`);

/** The bytes of an escaped word; go-mtree's form (two backslashes) as well. */
const unescaped = (word: string): ByteString =>
  word.replace(/\\(?:([0-3][0-7]{2})|(.))/g, (_, octal: string | undefined, other: string) =>
    octal === undefined ? other : String.fromCharCode(Number.parseInt(octal, 8)),
  );

const numberWords = ['uid', 'gid', 'size', 'inode'] as const;

function timeWord(time: bigint): string {
  const seconds = secondsOf(time);
  return `time=${seconds}.${(time - seconds * second).toString().padStart(9, '0')}`;
}

function lineOf(path: Path, entry: MtreeEntry): string {
  const { type, mode, time, device, isOptional, xattrs } = entry;
  const words = [path === '' ? '.' : `./${escaped(path)}`, `type=${type}`];
  if (device !== undefined) words.push(`device=linux,${device.major},${device.minor}`);
  if (mode !== undefined) words.push(`mode=${mode.toString(8).padStart(4, '0')}`);
  for (const word of numberWords) if (entry[word] !== undefined) words.push(`${word}=${entry[word]}`);
  if (time !== undefined) words.push(timeWord(time));
  for (const [name, value] of xattrs ?? []) words.push(`xattr.${escaped(name)}=${encodeBase64(value)}`);
  if (isOptional === true) words.push('optional');
  return words.join(' ');
}

/** The bytes of an mtree, its lines sorted by the bytes of their paths. In parts. */
export function* encodeMtree({ comments, entries }: Mtree): Parts<Uint8Array> {
  const lines = [title, ...comments.map(text => `# ${text}`)];
  yield* each(yield* inOrder(entries.keys()), path => void lines.push(lineOf(path, entries.get(path) as MtreeEntry)));
  return bytesOf(`${lines.join('\n')}\n`);
}

function numberOf(text: string, form: RegExp, radix = 10): number {
  const value = form.test(text) ? Number.parseInt(text, radix) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new Error(`expected a number, got '${text}'`);
  return value;
}

function timeOf(text: string): bigint {
  const match = /^(-?\d{1,15})(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) throw new Error(`expected seconds, got '${text}'`);
  return BigInt(match[1] ?? 0) * second + BigInt((match[2] ?? '').padEnd(9, '0'));
}

function deviceOf(text: string): { readonly major: number; readonly minor: number } {
  const match = /^(?:[a-z]+,)?(\d{1,10}),(\d{1,10})$/.exec(text);
  if (match === null) throw new Error(`expected a device, got '${text}'`);
  return { major: Number(match[1]), minor: Number(match[2]) };
}

function base64Of(text: string): Uint8Array {
  const bytes = decodeBase64(text);
  if (bytes === undefined) throw new Error(`expected base64, got '${text}'`);
  return bytes;
}

function typeOf(text: string): MtreeType {
  const type = types.find(known => known === text);
  if (type === undefined) throw new Error(`expected a type, got '${text}'`);
  return type;
}

type Draft = { -readonly [Key in keyof MtreeEntry]: MtreeEntry[Key] } & { xattrs: Map<ByteString, Uint8Array> };

/** Keywords that ocikit does not know say nothing to it. */
function readWord(draft: Draft, word: string): void {
  const equals = word.indexOf('=');
  const [key, value] = equals < 0 ? [word, ''] : [word.slice(0, equals), word.slice(equals + 1)];
  const plain = numberWords.find(known => known === key);
  if (plain !== undefined) draft[plain] = numberOf(value, /^\d{1,16}$/);
  else if (key === 'type') draft.type = typeOf(value);
  else if (key === 'mode') draft.mode = numberOf(value, /^[0-7]{1,5}$/, 8) & 0o7777;
  else if (key === 'time') draft.time = timeOf(value);
  else if (key === 'device') draft.device = deviceOf(value);
  else if (key === 'optional') draft.isOptional = true;
  else if (key.startsWith('xattr.')) draft.xattrs.set(unescaped(key.slice('xattr.'.length)), base64Of(value));
}

function entryOf(words: readonly string[]): MtreeEntry {
  const draft: Draft = { type: 'file', xattrs: new Map() };
  for (const word of words) readWord(draft, word);
  if ((draft.type === 'char' || draft.type === 'block') && draft.device === undefined)
    throw new Error(`expected a device, got type=${draft.type} alone`);
  return draft;
}

function pathOf(word: string): Path {
  if (word === '.') return '';
  const path = unescaped(word.slice('./'.length));
  const isPath = path.split('/').every(name => name !== '' && name !== '.' && name !== '..') && !path.includes('\0');
  if (!word.startsWith('./') || !isPath) throw new Error(`expected a full path, got '${word}'`);
  return path;
}

/** Reads the form that `encodeMtree` writes, and what other tools make of it. In parts. Throws a plain Error that names the line. */
export function* decodeMtree(bytes: Uint8Array): Parts<Mtree> {
  const comments: string[] = [];
  const entries = new Map<Path, MtreeEntry>();
  yield* each(byteStringOf(bytes).split('\n').entries(), ([index, line]) => {
    if (line.startsWith('#')) {
      if (index > 0) comments.push(line.slice(1).trim());
      return;
    }
    const [path, ...words] = line.split(/[ \t\r]+/).filter(word => word !== '');
    if (path === undefined) return;
    try {
      entries.set(pathOf(path), entryOf(words));
    } catch (error) {
      throw new Error(`line ${index + 1}: ${error instanceof Error ? error.message : error}`);
    }
  });
  return { comments, entries };
}
