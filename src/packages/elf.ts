import { type Binary, binaryOf } from './binary.ts';

/** A part of a program: a section by its name, or a writable segment. */
interface ElfPart {
  readonly name: string;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
}

/** A program as its headers say it (ELF, System V ABI). */
export interface Elf {
  readonly bytes: Binary;
  readonly wordSize: 4 | 8;
  readonly sections: readonly ElfPart[];
  /** What is loaded; `name` is empty. */
  readonly segments: readonly ElfPart[];
}

const [isElf64, isLittle] = [2, 1];
const loaded = 1;
const inNoFile = 8;

function wordsOf(
  bytes: Uint8Array,
  subject: string,
): Binary & { readonly word: (at: number) => number; readonly wordSize: 4 | 8 } {
  const is64 = bytes[4] === isElf64;
  const binary = binaryOf(bytes, subject, bytes[5] === isLittle ? 'little' : 'big');
  return { ...binary, word: at => (is64 ? binary.u64(at) : binary.u32(at)), wordSize: is64 ? 8 : 4 };
}

const hasMagic = (bytes: Uint8Array): boolean =>
  bytes.length > 64 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;

function nameAt(bytes: Uint8Array, at: number): string {
  const end = bytes.indexOf(0, at);
  return Buffer.from(bytes.subarray(at, Math.min(end < 0 ? at : end, at + 256))).toString('latin1');
}

function sectionsOf(bytes: Uint8Array, subject: string): readonly ElfPart[] {
  const file = wordsOf(bytes, subject);
  const w = file.wordSize;
  const [start, size, count, namesAt] = [
    file.word(24 + 2 * w),
    file.u16(34 + 3 * w),
    file.u16(36 + 3 * w),
    file.u16(38 + 3 * w),
  ];
  if (start === 0) return [];
  const partAt = (index: number): ElfPart & { readonly nameAt: number } => {
    const at = start + size * index;
    const kept = file.u32(at + 4) === inNoFile ? 0 : file.word(at + 8 + 3 * w);
    return {
      name: '',
      nameAt: file.u32(at),
      address: file.word(at + 8 + w),
      offset: file.word(at + 8 + 2 * w),
      size: kept,
    };
  };
  const names = partAt(namesAt);
  return Array.from({ length: count }, (_, index) => {
    const { nameAt: at, ...part } = partAt(index);
    return { ...part, name: nameAt(bytes, names.offset + at) };
  });
}

function segmentsOf(bytes: Uint8Array, subject: string): readonly ElfPart[] {
  const file = wordsOf(bytes, subject);
  const w = file.wordSize;
  const [start, size, count] = [file.word(24 + w), file.u16(30 + 3 * w), file.u16(32 + 3 * w)];
  const parts: ElfPart[] = [];
  for (let index = 0; index < count; index++) {
    const at = start + size * index;
    // In 64 bits the flags stand before the offset.
    const fields = at + (w === 8 ? 8 : 4);
    if (file.u32(at) === loaded)
      parts.push({
        name: '',
        offset: file.word(fields),
        address: file.word(fields + w),
        size: file.word(fields + 3 * w),
      });
  }
  return parts;
}

/** What a program's headers say; undefined where the bytes are no ELF file. Throws `invalid` where they lead out of it. */
export function elfOf(bytes: Uint8Array, subject: string): Elf | undefined {
  if (!hasMagic(bytes)) return undefined;
  const file = wordsOf(bytes, subject);
  return {
    bytes: file,
    wordSize: file.wordSize,
    sections: sectionsOf(bytes, subject),
    segments: segmentsOf(bytes, subject),
  };
}
