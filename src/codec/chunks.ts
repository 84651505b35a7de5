import { RollSum } from './roll-sum.ts';

/** Zeros that are a chunk of their own, at least. */
const holeSize = 1024;
const hole = Buffer.alloc(holeSize);
const zeros = Buffer.alloc(1 << 16);

/** What becomes of a body: bytes of the chunk in the making, or its end. */
type ChunkPiece = { readonly bytes: Uint8Array } | { readonly end: 'data' | 'zeros' };

const length = (start: number, bytes: Buffer): number => {
  let at = start;
  while (at < bytes.length && bytes[at] === 0) at++;
  return at - start;
};

function trailing(bytes: Buffer, start: number): number {
  let at = bytes.length;
  while (at > start && bytes[at - 1] === 0) at--;
  return bytes.length - at;
}

/**
 * Cuts a file's body into chunks by its content, as containers/storage does, so that files that have something in common have
 * chunks in common: at a rolling sum, and around runs of zeros. State: the sum, and zeros that may become such a run.
 */
export class Chunks {
  readonly #sum = new RollSum();
  #zeros = 0;
  #isOpen = false;

  *add(chunk: Uint8Array): Generator<ChunkPiece> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    if (this.#zeros > 0) {
      const more = length(0, bytes);
      this.#zeros += more;
      if (more === bytes.length) return;
      yield* this.#endZeros();
      at = more;
    }
    while (at < bytes.length) {
      const found = bytes.indexOf(hole, at);
      const end = found < 0 ? bytes.length - trailing(bytes, at) : found;
      yield* this.#data(bytes, at, end);
      const run = length(end, bytes);
      at = end + run;
      this.#zeros = run;
      if (at < bytes.length) yield* this.#endZeros();
    }
  }

  /** The body is at its end. */
  *end(): Generator<ChunkPiece> {
    yield* this.#endZeros();
    yield* this.#cut('data');
  }

  *#data(bytes: Uint8Array, start: number, end: number): Generator<ChunkPiece> {
    for (let at = start; at < end; ) {
      const cut = this.#sum.cut(bytes, at, end);
      const to = cut < 0 ? end : cut;
      this.#isOpen = true;
      yield { bytes: bytes.subarray(at, to) };
      if (cut >= 0) yield* this.#cut('data');
      at = to;
    }
  }

  *#cut(end: 'data' | 'zeros'): Generator<ChunkPiece> {
    if (this.#isOpen) yield { end };
    this.#isOpen = false;
  }

  *#endZeros(): Generator<ChunkPiece> {
    const count = this.#zeros;
    this.#zeros = 0;
    if (count < holeSize) {
      yield* this.#data(zeros, 0, count);
      return;
    }
    yield* this.#cut('data');
    this.#sum.zeros(count);
    for (let left = count; left > 0; left -= zeros.length)
      yield { bytes: zeros.subarray(0, Math.min(left, zeros.length)) };
    this.#isOpen = true;
    yield* this.#cut('zeros');
  }
}
