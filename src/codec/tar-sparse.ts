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

const zeros: Buffer = Buffer.alloc(64 * 1024);

/** Whether a chunk is of a hole: nothing that is stored. */
export const isHole = (chunk: Uint8Array): boolean => chunk.buffer === zeros.buffer;

/** So many bytes of a hole, in chunks. */
export function* holeChunks(length: number): Iterable<Uint8Array> {
  for (let left = length; left > 0; left -= zeros.length) yield zeros.subarray(0, Math.min(left, zeros.length));
}

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

  write(stored: Buffer): void {
    for (let at = 0; at < stored.length; ) {
      const piece = this.#map.pieces[this.#piece] as Piece;
      this.#fill(piece.offset);
      const length = Math.min(piece.offset + piece.length - this.#position, stored.length - at);
      if (length > 0) this.#data(stored.subarray(at, at + length));
      this.#position += length;
      at += length;
      if (this.#position === piece.offset + piece.length) this.#piece++;
    }
  }

  finish(): void {
    this.#fill(this.#map.size);
  }

  #fill(end: number): void {
    while (this.#position < end) {
      const length = Math.min(zeros.length, end - this.#position);
      this.#data(zeros.subarray(0, length));
      this.#position += length;
    }
  }
}
