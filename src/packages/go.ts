import { invalid } from '../errors.ts';
import type { Path } from '../tree/node.ts';
import { type Binary, binaryOf } from './binary.ts';
import { type Elf, partIn } from './elf.ts';
import { type Package, packageOf } from './package.ts';
import { linesOf, utf8Of } from './text.ts';

const magic = Buffer.from('\xff Go buildinf:', 'latin1');
const [bigEndian, inline] = [1, 2];
const headerSize = 32;
/** Sixteen bytes stand around the text of modules. */
const markLength = 16;
const textLimit = 16 << 20;

/** What the Go linker wrote about a program. */
interface GoBuild {
  /** `go1.22.0`. */
  readonly version: string;
  /** Tab-separated lines: path, mod, dep, =>, build. */
  readonly modules: string;
}

function inlineText(blob: Binary, at: number, subject: string): readonly [text: string, end: number] {
  let length = 0;
  let start = at;
  for (let shift = 0; ; shift += 7) {
    const byte = blob.u8(start++);
    length += (byte & 0x7f) * 2 ** shift;
    if (length > textLimit) throw invalid(subject, `Go build information of at most ${textLimit} bytes`, 'more');
    if (byte < 0x80) break;
  }
  return [utf8Of(blob.part(start, length)), start + length];
}

/** A Go string in memory: where it lies and how long it is. */
function stringAt({ bytes, segments, wordSize }: Elf, address: number, subject: string): string {
  const at = (place: number, length: number): number => {
    const part = segments.find(segment => place >= segment.address && place + length <= segment.address + segment.size);
    if (part === undefined) throw invalid(subject, 'an address within the program', `${place}`);
    return part.offset + place - part.address;
  };
  const word = (place: number): number => (wordSize === 8 ? bytes.u64(place) : bytes.u32(place));
  const header = at(address, 2 * wordSize);
  const length = word(header + wordSize);
  if (length === 0) return '';
  if (length > textLimit) throw invalid(subject, `Go build information of at most ${textLimit} bytes`, `${length}`);
  return utf8Of(bytes.part(at(word(header), length), length));
}

/** The build information at the beginning of a `.go.buildinfo` section; strings of Go before 1.18 lie elsewhere in the program. Throws `invalid`. */
export function goBuildOf(section: Uint8Array, program: Elf | undefined, subject: string): GoBuild | undefined {
  if (Buffer.compare(Buffer.from(section.subarray(0, magic.length)), magic) !== 0) return undefined;
  const blob = binaryOf(section, subject);
  const flags = blob.u8(15);
  if ((flags & inline) !== 0) {
    const [version, end] = inlineText(blob, headerSize, subject);
    return { version, modules: withoutMarks(inlineText(blob, end, subject)[0]) };
  }
  if (program === undefined) return undefined;
  const order = (flags & bigEndian) === 0 ? 'little' : 'big';
  const pointer = (at: number): number => (blob.u8(14) === 8 ? blob.u64(at, order) : blob.u32(at, order));
  const [version, modules] = [pointer(16), pointer(16 + blob.u8(14))].map(address =>
    stringAt(program, address, subject),
  );
  return { version: version ?? '', modules: withoutMarks(modules ?? '') };
}

function withoutMarks(text: string): string {
  const first = text.indexOf('path\t');
  const start = first < 0 ? text.indexOf('mod\t') : first;
  if (start < 0) return '';
  return text.length - start > markLength
    ? text.slice(start, text.lastIndexOf('\n') + 1 || undefined)
    : text.slice(start);
}

/** Where in a program the build information lies: its section, or in one that has no table of sections the first that looks like it. */
export function* goPlaces({ bytes, hasSections, sections, segments }: Elf): Generator<Uint8Array> {
  for (const section of sections('.go.buildinfo')) yield partIn(bytes, section);
  if (hasSections) return;
  for (const segment of segments) {
    const part = partIn(bytes, segment);
    const at = Buffer.from(part.buffer, part.byteOffset, part.length).indexOf(magic);
    if (at >= 0 && at % 16 === 0) yield part.subarray(at);
  }
}

/** The modules that a program is made of, its own first, and the standard library; what replaces another stands in its place. */
export function goPackages({ version, modules }: GoBuild, path: Path): readonly Package[] {
  const found: Package[] = [];
  for (const line of linesOf(modules)) {
    const [word, name = '', said = ''] = line.split('\t');
    if (name === '' || (word !== 'mod' && word !== 'dep' && word !== '=>')) continue;
    if (word === '=>') found.pop();
    found.push(packageOf(path, { type: 'golang', name, version: said, files: word === 'mod' ? [path] : [] }));
  }
  const standard = /^(?:devel )?(go\d\S*)/.exec(version)?.[1];
  if (standard !== undefined) found.push(packageOf(path, { type: 'golang', name: 'stdlib', version: standard }));
  return found;
}
