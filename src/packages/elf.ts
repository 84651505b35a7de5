import type { PartialBody, Span } from '../tree/partial-body.ts';
import { type Binary, binaryOf } from './binary.ts';

/** A part of a program: a section or a segment. */
interface ElfPart {
  readonly address: number;
  readonly offset: number;
  readonly size: number;
}

interface Segment extends ElfPart {
  readonly isWritable: boolean;
}

/** A program as its headers say it (ELF, System V ABI). */
export interface Elf {
  readonly bytes: Binary;
  readonly wordSize: 4 | 8;
  /** Whether it has a table of sections. */
  readonly hasSections: boolean;
  /** Those of a name, which are none of most names. */
  readonly sections: (name: string) => readonly ElfPart[];
  /** What is loaded. */
  readonly segments: readonly Segment[];
}

const [isElf64, isLittle] = [2, 1];
const loaded = 1;
const writable = 2;
const inNoFile = 8;

interface Words extends Binary {
  readonly word: (at: number) => number;
  readonly wordSize: 4 | 8;
}

function wordsOf({ bytes, missing }: PartialBody, subject: string): Words {
  const is64 = bytes[4] === isElf64;
  const binary = binaryOf(bytes, subject, { order: bytes[5] === isLittle ? 'little' : 'big', missing });
  return { ...binary, word: at => (is64 ? binary.u64(at) : binary.u32(at)), wordSize: is64 ? 8 : 4 };
}

/** Whether bytes begin an ELF file. */
export const hasMagic = (bytes: Uint8Array): boolean =>
  bytes.length > 64 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;

/** Whether at a place in the table of names one stands. */
const isNamed = (names: Uint8Array, at: number, name: Uint8Array): boolean =>
  Buffer.compare(names.subarray(at, at + name.length), name) === 0;

/** Finds sections by their names: where the table of names has not a name, no section is looked at. */
function sectionsOf(file: Words): Pick<Elf, 'hasSections' | 'sections'> {
  const w = file.wordSize;
  const [start, size, count, namesAt] = [
    file.word(24 + 2 * w),
    file.u16(34 + 3 * w),
    file.u16(36 + 3 * w),
    file.u16(38 + 3 * w),
  ];
  if (start === 0 || count === 0) return { hasSections: false, sections: () => [] };
  const partAt = (at: number): ElfPart => {
    const kept = file.u32(at + 4) === inNoFile ? 0 : file.word(at + 8 + 3 * w);
    return { address: file.word(at + 8 + w), offset: file.word(at + 8 + 2 * w), size: kept };
  };
  const names = partIn(file, partAt(start + size * namesAt));
  const table = Buffer.from(names.buffer, names.byteOffset, names.length);
  return {
    hasSections: true,
    sections(name) {
      const text = Buffer.from(`${name}\0`, 'latin1');
      if (!table.includes(text)) return [];
      const places = Array.from({ length: count }, (_, index) => start + size * index);
      return places.filter(at => isNamed(names, file.u32(at), text)).map(partAt);
    },
  };
}

function segmentsOf(file: Words): readonly Segment[] {
  const w = file.wordSize;
  const [start, size, count] = [file.word(24 + w), file.u16(30 + 3 * w), file.u16(32 + 3 * w)];
  const parts: Segment[] = [];
  for (let index = 0; index < count; index++) {
    const at = start + size * index;
    // In 64 bits the flags stand before the offset.
    const fields = at + (w === 8 ? 8 : 4);
    if (file.u32(at) === loaded)
      parts.push({
        offset: file.word(fields),
        address: file.word(fields + w),
        size: file.word(fields + 3 * w),
        isWritable: (file.u32(at + (w === 8 ? 4 : 24)) & writable) !== 0,
      });
  }
  return parts;
}

/** What a program's headers say; undefined where the bytes are no ELF file. Throws `invalid` where they lead out of it. */
export function elfOf(body: PartialBody, subject: string): Elf | undefined {
  if (!hasMagic(body.bytes)) return undefined;
  const file = wordsOf(body, subject);
  return { bytes: file, wordSize: file.wordSize, ...sectionsOf(file), segments: segmentsOf(file) };
}

/** The bytes of a part, as far as the file has them. */
export const partIn = ({ length, part }: Binary, { offset, size }: Pick<ElfPart, 'offset' | 'size'>): Uint8Array =>
  offset >= length ? new Uint8Array(0) : part(offset, Math.min(size, length - offset));

/** What is loaded and never written to, of a file of that size that begins so: code and constants. Throws `invalid` where its headers are not all in that. */
export function constantsOf(beginning: Uint8Array, size: number, subject: string): readonly Span[] {
  const segments = segmentsOf(wordsOf({ bytes: beginning, missing: [] }, subject));
  const spans = segments
    .filter(({ isWritable }) => !isWritable)
    .map(part => ({ start: Math.max(part.offset, beginning.length), end: Math.min(part.offset + part.size, size) }));
  return spans.filter(({ start, end }) => start < end).sort((one, other) => one.start - other.start);
}
