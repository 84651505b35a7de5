import { invalid } from '../errors.ts';
import { type PaxRecords, paxInteger } from './pax.ts';
import { blockSize, fieldNumber } from './tar-header.ts';

/** One piece of a sparse file that is stored: where it belongs and how long it is, in bytes. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
}

/** How a sparse file is stored: the size it expands to, and its pieces in order. */
export interface SparseMap {
  readonly size: number;
  readonly pieces: Piece[];
}

const maxPieces = 1 << 17;
const maxHoles = 2 ** 36;

/** Checks that pieces are in order and inside the file, and that they account for the stored bytes. */
export function checkSparse(map: SparseMap, stored: number, subject: string): SparseMap {
  let end = 0;
  let total = 0;
  if (map.pieces.length > maxPieces)
    throw invalid(subject, `a sparse map of at most ${maxPieces} pieces`, `${map.pieces.length}`);
  for (const { offset, length } of map.pieces) {
    if (!(offset >= end && length >= 0 && offset + length <= map.size)) {
      throw invalid(subject, `sparse pieces in order below ${map.size}`, `${length} bytes at ${offset}`);
    }
    end = offset + length;
    total += length;
  }
  if (total !== stored) throw invalid(subject, `a sparse map of ${stored} stored bytes`, `one of ${total}`);
  if (map.size - total > maxHoles)
    throw invalid(subject, `at most ${maxHoles} bytes of holes in a sparse file`, `${map.size - total}`);
  return map;
}

/** Pieces of an old GNU header (4 of them) or extension block (21); true where another extension block follows. */
export function readGnuPieces(block: Buffer, start: number, count: number, pieces: Piece[]): boolean {
  for (let index = 0; index < count; index++) {
    const at = start + index * 24;
    if (block[at] === 0 && block[at + 12] === 0) break;
    pieces.push({ offset: fieldNumber(block, at, 12), length: fieldNumber(block, at + 12, 12) });
  }
  return block[start + count * 24] === 1;
}

const ascii = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

/** The map of PAX sparse formats 0.0 and 0.1, or undefined where the records have none. */
export function paxSparse(records: PaxRecords, subject: string): SparseMap | undefined {
  const map = records.get('GNU.sparse.map');
  const size = records.get('GNU.sparse.realsize') ?? records.get('GNU.sparse.size');
  if (map === undefined || size === undefined) return undefined;
  const numbers = ascii(map).split(',');
  if (
    numbers.length > 2 * maxPieces ||
    numbers.length % 2 !== 0 ||
    !numbers.every(number => /^\d{1,15}$/.test(number))
  ) {
    throw invalid(subject, 'a sparse map of pairs of numbers', `'${ascii(map).slice(0, 32)}'`);
  }
  const pieces = Array.from({ length: numbers.length / 2 }, (_, index) => ({
    offset: Number(numbers[2 * index]),
    length: Number(numbers[2 * index + 1]),
  }));
  return { size: paxInteger(size, 'GNU.sparse.size', subject), pieces };
}

/** True where the body begins with its map (PAX sparse format 1.0). */
export function hasLeadingMap(records: PaxRecords): boolean {
  const major = records.get('GNU.sparse.major');
  const minor = records.get('GNU.sparse.minor');
  return major !== undefined && minor !== undefined && ascii(major) === '1' && ascii(minor) === '0';
}

/**
 * The map at the start of a PAX 1.0 body: decimal lines, padded to whole blocks. Undefined while more blocks are needed.
 * `blocks` holds what has come so far.
 */
export function leadingMap(blocks: Buffer, subject: string): Piece[] | undefined {
  const lines = blocks.toString('latin1').split('\n');
  lines.pop();
  const [count] = lines;
  if (count === undefined) {
    if (blocks.length >= blockSize) throw invalid(subject, 'a sparse map that begins with its count', 'no line end');
    return undefined;
  }
  if (!/^\d{1,10}$/.test(count) || Number(count) > maxPieces) {
    throw invalid(subject, `a sparse map of at most ${maxPieces} pieces`, `'${count.slice(0, 24)}'`);
  }
  if (lines.length < 1 + 2 * Number(count)) return undefined;
  return Array.from({ length: Number(count) }, (_, index) => {
    const [offset, length] = [lines[1 + 2 * index] as string, lines[2 + 2 * index] as string];
    if (!/^\d{1,15}$/.test(offset) || !/^\d{1,15}$/.test(length))
      throw invalid(subject, 'a sparse map of numbers', `'${offset.slice(0, 24)}'`);
    return { offset: Number(offset), length: Number(length) };
  });
}

const zeros: Buffer = Buffer.alloc(64 * 1024);

/** Puts holes back between stored pieces. The map has been checked. */
export class SparseExpander {
  readonly #map: SparseMap;
  readonly #emit: (chunk: Uint8Array) => void;
  #position = 0;
  #piece = 0;

  constructor(map: SparseMap, emit: (chunk: Uint8Array) => void) {
    this.#map = map;
    this.#emit = emit;
  }

  push(stored: Buffer): void {
    for (let at = 0; at < stored.length; ) {
      const { offset, length } = this.#map.pieces[this.#piece] as Piece;
      this.#fill(offset);
      const taken = Math.min(offset + length - this.#position, stored.length - at);
      if (taken > 0) this.#emit(stored.subarray(at, at + taken));
      this.#position += taken;
      at += taken;
      if (this.#position === offset + length) this.#piece++;
    }
  }

  /** The hole at the end. */
  finish(): void {
    this.#fill(this.#map.size);
  }

  #fill(end: number): void {
    while (this.#position < end) {
      const length = Math.min(zeros.length, end - this.#position);
      this.#emit(zeros.subarray(0, length));
      this.#position += length;
    }
  }
}
