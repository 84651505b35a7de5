import { zeroChunks } from '../engine/zeros.ts';
import { invalid } from '../errors.ts';
import { holeLimit } from '../limits.ts';
import type { Subject } from './tar-header.ts';

/** One piece of a sparse file that is stored: where it belongs and how long it is, in bytes. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
}

/** How a sparse file is stored: the size it expands to, and its pieces in order. */
export interface SparseMap {
  readonly size: number;
  readonly pieces: readonly Piece[];
}

/** Checks that pieces are in order and inside the file, and that they account for the stored bytes. */
export function checkSparse(map: SparseMap, stored: number, subject: Subject): SparseMap {
  let end = 0;
  let total = 0;
  for (const { offset, length } of map.pieces) {
    if (!(offset >= end && length >= 0 && offset + length <= map.size)) {
      throw invalid(subject(), `sparse pieces in order below ${map.size}`, `${length} bytes at ${offset}`);
    }
    end = offset + length;
    total += length;
  }
  if (total !== stored) throw invalid(subject(), `a sparse map of ${stored} stored bytes`, `one of ${total}`);
  if (map.size - total > holeLimit)
    throw invalid(subject(), `at most ${holeLimit} bytes of holes in a sparse file`, `${map.size - total}`);
  return map;
}

/** How much of a hole is filled at a time. */
const partSize = 64 * 1024;

/** Writes a sparse file whole: its stored bytes at their places and zeros between them. */
export class SparseWriter {
  readonly #map: SparseMap;
  readonly #data: (chunk: Uint8Array) => void;
  #position = 0;
  #piece = 0;

  constructor(map: SparseMap, data: (chunk: Uint8Array) => void) {
    this.#map = map;
    this.#data = data;
  }

  /** Writes a part of the hole that is next; false where none is. A part, because a hole may be as long as a disk. */
  fill(): boolean {
    const { pieces, size } = this.#map;
    for (let piece = pieces[this.#piece]; piece !== undefined; piece = pieces[++this.#piece])
      if (this.#position < piece.offset + piece.length) break;
    const end = pieces[this.#piece]?.offset ?? size;
    const length = Math.min(partSize, end - this.#position);
    if (length <= 0) return false;
    for (const part of zeroChunks(length)) this.#data(part);
    this.#position += length;
    return true;
  }

  /** Writes stored bytes of the piece that is next, once no hole is before it; answers how many of these belong to it. */
  write(stored: Buffer): number {
    const { offset, length } = this.#map.pieces[this.#piece] as Piece;
    const part = stored.subarray(0, offset + length - this.#position);
    this.#data(part);
    this.#position += part.length;
    return part.length;
  }
}
