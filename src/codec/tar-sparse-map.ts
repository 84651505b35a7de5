import { invalid } from '../errors.ts';
import { pieceLimit } from '../limits.ts';
import { shortTextOf } from '../tree/path.ts';
import { type PaxRecords, paxInteger, paxText } from './pax.ts';
import { blockSize, fieldNumber, type RawHeader, type Subject } from './tar-header.ts';
import { checkSparse, type Piece, type SparseMap } from './tar-sparse.ts';

/** How a member says that it is sparse: in its old GNU header, in its PAX records, or at the start of its body. */
type SparseForm = 'gnu' | 'pax' | 'pax-body';

/** The sparse form of a header, if any. An `invalid` error for a version that nobody knows: its map would be taken for contents. */
export function sparseFormOf(header: RawHeader, records: PaxRecords, subject: Subject): SparseForm | undefined {
  if (header.typeflag === 'S') {
    if (header.format !== 'gnu') throw invalid(subject(), 'an old GNU sparse file in a GNU header', header.format);
    return 'gnu';
  }
  if (records.size === 0) return undefined;
  const [major, minor] = [paxText(records, 'GNU.sparse.major'), paxText(records, 'GNU.sparse.minor')];
  if (major === undefined && minor === undefined)
    return paxText(records, 'GNU.sparse.map') === undefined ? undefined : 'pax';
  if (major === '0' && (minor === '0' || minor === '1')) return 'pax';
  if (major === '1' && minor === '0') return 'pax-body';
  throw invalid(subject(), 'a sparse file of version 0.0, 0.1 or 1.0', shortTextOf(`${major ?? ''}.${minor ?? ''}`));
}

/** A sparse map as it comes: `isWhole` where no more blocks are needed. */
interface Pieces {
  readonly isWhole: boolean;
  add(block: Buffer, at: number): void;
  all(): readonly Piece[];
}

function pairsOf(numbers: readonly number[]): readonly Piece[] {
  return Array.from({ length: numbers.length / 2 }, (_, index) => ({
    offset: numbers[2 * index] as number,
    length: numbers[2 * index + 1] as number,
  }));
}

/** The map of PAX sparse formats 0.0 and 0.1. */
function recordPieces(records: PaxRecords, subject: Subject): Pieces {
  const map = paxText(records, 'GNU.sparse.map');
  const numbers = map === undefined ? [] : map.split(',');
  const count = paxInteger(records, 'GNU.sparse.numblocks', subject);
  if (numbers.length !== 2 * (count ?? -1) || !numbers.every(number => /^\d{1,15}$/.test(number))) {
    throw invalid(subject(), `a sparse map of ${count ?? 'numblocks'} pairs of numbers`, `'${shortTextOf(map ?? '')}'`);
  }
  return { isWhole: true, add: () => undefined, all: () => pairsOf(numbers.map(Number)) };
}

/** The map of an old GNU sparse file: 4 pieces in its header, then 21 in each block after it. */
class GnuPieces implements Pieces {
  readonly #pieces: Piece[] = [];
  readonly #subject: Subject;
  isWhole = false;

  constructor(block: Buffer, at: number, subject: Subject) {
    this.#subject = subject;
    this.#addFrom(block, at + 386, 4);
  }

  add(block: Buffer, at: number): void {
    this.#addFrom(block, at, 21);
  }

  all(): readonly Piece[] {
    return this.#pieces;
  }

  #addFrom(block: Buffer, start: number, count: number): void {
    const end = start + count * 24;
    for (let entry = start; entry < end && block[entry] !== 0; entry += 24) {
      this.#pieces.push({ offset: fieldNumber(block, entry, 12), length: fieldNumber(block, entry + 12, 12) });
    }
    if (this.#pieces.length > pieceLimit)
      throw invalid(this.#subject(), `a sparse map of at most ${pieceLimit} pieces`, 'more');
    this.isWhole = block[end] === 0;
  }
}

/** The map at the start of a PAX 1.0 body: decimal lines, the first their count, padded to whole blocks. */
class BodyPieces implements Pieces {
  readonly #numbers: number[] = [];
  readonly #subject: Subject;
  #value = 0;
  #digits = 0;
  isWhole = false;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  add(block: Buffer, at: number): void {
    for (let index = at; index < at + blockSize && !this.isWhole; index++) {
      const byte = block[index] as number;
      if (byte === 10 && this.#digits > 0) this.#endLine();
      else if (byte >= 48 && byte <= 57 && ++this.#digits <= 15) this.#value = this.#value * 10 + byte - 48;
      else throw invalid(this.#subject(), 'a sparse map of decimal lines', `byte ${byte}`);
    }
  }

  all(): readonly Piece[] {
    return pairsOf(this.#numbers.slice(1));
  }

  #endLine(): void {
    this.#numbers.push(this.#value);
    this.#value = 0;
    this.#digits = 0;
    const count = this.#numbers[0] as number;
    if (count > pieceLimit) throw invalid(this.#subject(), `a sparse map of at most ${pieceLimit} pieces`, `${count}`);
    this.isWhole = this.#numbers.length === 1 + 2 * count;
  }
}

/** What is known of a sparse member once its header is read. */
interface SparseMember {
  readonly form: SparseForm;
  readonly records: PaxRecords;
  /** Bytes that the header announces. */
  readonly stored: number;
  /** Its header block. */
  readonly block: Buffer;
  readonly at: number;
}

/** The map of a sparse member while it is read: `add` the blocks that follow the header until it `isWhole`. */
export class SparseMapReader {
  readonly #pieces: Pieces;
  readonly #size: number;
  readonly #isInBody: boolean;
  readonly #subject: Subject;
  #stored: number;

  constructor({ form, records, stored, block, at }: SparseMember, subject: Subject) {
    this.#subject = subject;
    this.#stored = stored;
    this.#isInBody = form === 'pax-body';
    if (form === 'gnu') {
      this.#size = fieldNumber(block, at + 483, 12);
      this.#pieces = new GnuPieces(block, at, subject);
    } else {
      this.#size =
        paxInteger(records, 'GNU.sparse.size', subject) ??
        paxInteger(records, 'GNU.sparse.realsize', subject) ??
        stored;
      this.#pieces = form === 'pax' ? recordPieces(records, subject) : new BodyPieces(subject);
    }
    if (!(this.#size >= 0)) throw invalid(subject(), 'the real size of a sparse file', 'no such number');
  }

  get isWhole(): boolean {
    return this.#pieces.isWhole;
  }

  /** Bytes of the body that are left after the map. */
  get stored(): number {
    return this.#stored;
  }

  add(block: Buffer, at: number): void {
    if (this.#isInBody) this.#stored -= blockSize;
    if (this.#stored < 0) throw invalid(this.#subject(), 'a sparse map inside the bytes stored', 'a longer one');
    this.#pieces.add(block, at);
  }

  /** The whole map, checked. */
  map(): SparseMap {
    return checkSparse({ size: this.#size, pieces: this.#pieces.all() }, this.#stored, this.#subject);
  }
}
