import { invalid, listWords } from '../errors.ts';
import { nameLimit, pathLimit } from '../limits.ts';
import type { ByteString, Path } from './node.ts';

/** In a layer a name may stand behind the four bytes that mark a whiteout. */
const maxComponentBytes = nameLimit + 4;

/** What is text as it stands: the backslash begins an escape. */
const printable = /^[ -[\]-~]*$/;
const ascii = /^[\0-\x7f]*$/;

const slash = 47;
const dot = 46;

/** The bytes of a byte string. */
export function bytesOf(text: ByteString): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** The byte string of these bytes. */
export function byteStringOf(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** A text in UTF-8, as a byte string. */
export function encodeText(text: string): ByteString {
  return ascii.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** One well-formed UTF-8 sequence (RFC 3629, table 3-7 of Unicode), else one stray byte. */
const utf8Sequence =
  /[^\x80-\xff]+|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

/** The backslash, controls, and what makes a terminal reorder or break a line. */
const unprintable = /[\\\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

const hexByte = (code: number): string => `\\x${code.toString(16).padStart(2, '0')}`;

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === '\\') return '\\\\';
  return code < 0x80 ? hexByte(code) : `\\u{${code.toString(16)}}`;
}

function decodeSequence(sequence: string): string {
  const first = sequence.charCodeAt(0);
  if (sequence.length === 1 && first >= 0x80) return hexByte(first);
  const text = first < 0x80 ? sequence : Buffer.from(sequence, 'latin1').toString('utf8');
  return text.replace(unprintable, escapeCharacter);
}

/**
 * A byte string as text for people: decoded as UTF-8; bytes that are not UTF-8 and ASCII controls become `\xNN`, other
 * control and bidirectional characters `\u{…}`, a backslash two. No two byte strings have one text.
 */
export function textOf(bytes: ByteString): string {
  if (printable.test(bytes)) return bytes;
  return bytes.replace(utf8Sequence, decodeSequence);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The very text that a byte string is in UTF-8; undefined where it is none. */
export function exactTextOf(bytes: ByteString): string | undefined {
  if (ascii.test(bytes)) return bytes;
  try {
    return utf8.decode(bytesOf(bytes));
  } catch {
    return undefined;
  }
}

/** `textOf`, cut in the middle where it is too long for a message. */
export function shortTextOf(bytes: ByteString): string {
  return bytes.length <= 200 ? textOf(bytes) : `${textOf(bytes.slice(0, 80))}…${textOf(bytes.slice(-80))}`;
}

/** Whether a name is a path as it stands: short, no NUL, no empty, `.` or `..` component. One look at each byte. */
function isPlainPath(raw: ByteString): boolean {
  if (raw.length > nameLimit) return false;
  let last = slash;
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    // What a dot may begin is left to the slow way.
    if (last === slash && (code === slash || code === dot)) return false;
    if (code === 0) return false;
    last = code;
  }
  return last !== slash;
}

/**
 * The path that a name in an archive means: relative to the root whether it starts with `/` or not, `.` and empty
 * components dropped, `..` never above the root.
 *
 * @throws `invalid` where it holds a NUL, a component is longer than a name and a whiteout's mark, or all of it is longer than 64 KiB.
 */
export function parsePath(raw: ByteString, subject: string): Path {
  if (isPlainPath(raw)) return raw;
  // The forms that tar programs write: './name', and a slash behind a directory.
  const inner = raw.slice(raw.startsWith('./') ? 2 : 0, raw.endsWith('/') ? -1 : undefined);
  if (isPlainPath(inner)) return inner;
  if (raw.length > pathLimit) throw invalid(subject, `a path of at most ${pathLimit} bytes`, `'${shortTextOf(raw)}'`);
  if (raw.includes('\0')) throw invalid(subject, 'a path without NUL bytes', `'${shortTextOf(raw)}'`);
  const names: ByteString[] = [];
  for (const name of raw.split('/')) {
    if (name.length > maxComponentBytes) throw nameTooLong(subject, name);
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names.join('/');
}

/** Whether some `..` of a name steps above where it began. */
export function leadsOut(name: ByteString): boolean {
  if (!name.includes('..')) return false;
  let depth = 0;
  for (const part of name.split('/')) {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    if (depth < 0) return true;
  }
  return false;
}

/** The error for a name that no file system holds. */
export function nameTooLong(subject: string, name: ByteString): Error {
  return invalid(subject, `names of at most ${nameLimit} bytes`, `${name.length} bytes: '${shortTextOf(name)}'`);
}

/** The directory that holds `path`; the root's parent is the root. */
export function parentOf(path: Path): Path {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** The last name of `path`; the root's is empty. */
export function nameOf(path: Path): ByteString {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `name` in the directory `parent`. */
export function joinPath(parent: Path, name: ByteString): Path {
  return parent === '' ? name : `${parent}/${name}`;
}

/** The directories above `path`, the root left out, outermost first. */
export function* ancestorsOf(path: Path): Iterable<Path> {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) yield path.slice(0, slash);
}

const named = 8;

/** Paths in a sentence, the first of them where they are many. */
export function listPaths(paths: Iterable<Path>): string {
  return listWords(
    [...paths].sort().map(path => `/${textOf(path)}`),
    named,
  );
}
