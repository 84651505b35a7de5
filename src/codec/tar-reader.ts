import { invalid } from '../errors.ts';
import type { ByteString } from '../tree/node.ts';
import { shortTextOf } from '../tree/path.ts';
import { paxText } from './pax.ts';
import { ExtensionHeaders, isExtension } from './tar-extensions.ts';
import { blockSize, decodeHeader, isHeader, isZero, paddingOf, type RawHeader, type Subject } from './tar-header.ts';
import {
  bodySizeOf,
  checkedTypeOf,
  isDumped,
  isLabel,
  memberOf,
  type Pending,
  pathOf,
  type TarSink,
} from './tar-member.ts';
import { SparseWriter } from './tar-sparse.ts';
import { SparseMapReader, sparseFormOf } from './tar-sparse-map.ts';
import { TarUnit } from './tar-unit.ts';

/** What a step costs, as bytes of work: three list or make a small file (hashing 4 to 8 KiB, measured, for its member alone), one fills a part of a hole. */
const [stepCost, partCost] = [1 << 13, 1 << 18];

/**
 * A tar archive as a synchronous push parser: `push` any chunks, then `finish`. Reads ustar, v7, star, GNU and PAX, sparse
 * files of every form expanded, as Go's archive/tar does. Every problem is one `invalid` error with the offset of the header
 * it lies in; what follows the end of the archive is passed over.
 */
export class TarReader {
  readonly #sink: TarSink;
  readonly #extensions = new ExtensionHeaders();
  /** Whole units are gathered in `header`, `extension` and `map`. */
  #state: 'header' | 'extension' | 'map' | 'body' | 'hole' | 'skip' | 'over' = 'header';
  readonly #unit = new TarUnit(blockSize);
  /** Bytes still to come in `body` and `skip`. */
  #left = 0;
  #padding = 0;
  /** Bytes of the archive consumed. */
  #position = 0;
  #offset = 0;
  #path: ByteString | undefined;
  #afterZero = false;
  #linkBody = 0;
  #extensionSize = 0;
  #pending: Pending | undefined;
  #map: SparseMapReader | undefined;
  #sparse: SparseWriter | undefined;
  #todo: Iterable<number> | undefined;
  readonly #subject: Subject;

  /** `subject` names the archive in messages. */
  constructor(sink: TarSink, subject: string) {
    this.#sink = sink;
    this.#subject = () => {
      const name = this.#path === undefined ? '' : ` '${shortTextOf(this.#path)}'`;
      return `${subject}: tar entry${name} at offset ${this.#offset}`;
    };
  }

  /** The next bytes of the archive. Throws `invalid`. */
  push(chunk: Uint8Array): void {
    for (const _ of this.advance(chunk));
  }

  /** The same in parts, as a few bytes may be many members or a hole as long as a disk: yields what each cost, in bytes of work. */
  *advance(chunk: Uint8Array): Generator<number> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let [at, cost] = [0, 0];
    while (this.#state === 'hole' || (at < bytes.length && this.#state !== 'over')) {
      at += this.#step(bytes, at);
      if (this.#todo !== undefined) yield* this.#todo;
      this.#todo = undefined;
      cost += stepCost;
      if (cost >= partCost) yield cost;
      cost %= partCost;
    }
    if (at < bytes.length) this.#sink.unread?.(bytes.subarray(at), this.#position);
    this.#position += bytes.length - at;
    yield cost;
  }

  /** The archive is at its end: answers whether its two blocks of zeros were there. An `invalid` error where it stops inside a member. */
  finish(): boolean {
    const isWhole = (this.#state === 'header' && this.#unit.isEmpty) || (this.#state === 'skip' && this.#left === 0);
    if (this.#state === 'over' || (isWhole && !this.#extensions.isOpen)) return this.#state === 'over';
    throw this.#wrong('the rest of it', `an unexpected end at offset ${this.#position}: the archive is truncated`);
  }

  #wrong(expected: string, got: string): Error {
    return invalid(this.#subject(), expected, got);
  }

  /** Consumes some of the bytes from `at`, at least one where no hole is filled, and says how many. */
  #step(bytes: Buffer, at: number): number {
    if (this.#sparse?.fill() === true) return 0;
    if (this.#state === 'hole') return this.#endFile();
    const available = bytes.length - at;
    if (this.#state === 'body') return this.#body(bytes, at, Math.min(this.#left, available));
    if (this.#state === 'skip') return this.#skip(bytes, at, Math.min(this.#left + this.#padding, available));
    const length = this.#unit.add(bytes, at);
    this.#position += length;
    if (this.#unit.isWhole) this.#endUnit(this.#unit.block, this.#unit.at);
    return length;
  }

  #skip(bytes: Buffer, at: number, length: number): number {
    const skipped = Math.min(this.#left, length);
    if (skipped < length) this.#sink.unread?.(bytes.subarray(at + skipped, at + length), this.#position + skipped);
    this.#left -= skipped;
    this.#padding -= length - skipped;
    this.#position += length;
    if (this.#left + this.#padding === 0) this.#expectHeader();
    return length;
  }

  #expectHeader(): void {
    this.#state = 'header';
    this.#unit.begin(blockSize);
  }

  /** A whole header block, extension body or sparse map block. */
  #endUnit(block: Buffer, at: number): void {
    this.#unit.begin(blockSize);
    if (this.#state === 'header') this.#header(block, at);
    else if (this.#state === 'extension') {
      this.#expectHeader();
      this.#extensions.add(block.subarray(at, at + this.#extensionSize), this.#subject);
    } else {
      this.#map?.add(block, at);
      if (this.#map?.isWhole) this.#endMap();
    }
  }

  #header(block: Buffer, at: number): void {
    if (this.#linkBody > 0 && this.#skipLinkBody(block, at)) return;
    this.#path = undefined;
    this.#offset = this.#position - blockSize;
    if (block[at] === 0 && isZero(block, at)) {
      if (this.#extensions.isOpen) throw this.#wrong('a member after an extension header', 'the end of the archive');
      if (this.#afterZero) this.#state = 'over';
      this.#afterZero = true;
      return;
    }
    if (this.#afterZero)
      throw this.#wrong('a second block of zeros at the end of the archive', 'other bytes: an invalid header');
    const header = decodeHeader(block, at, this.#subject);
    this.#sink.header?.(header, this.#offset);
    if (isExtension(header)) this.#beginExtension(header);
    else if (isLabel(header)) this.#passBody(bodySizeOf(header, this.#extensions.take(), this.#subject));
    else this.#member(header, block, at);
  }

  /** Some archives announce a size for hardlinks and some of these store the body: a header here says that there is none, as Go assumes. */
  #skipLinkBody(block: Buffer, at: number): boolean {
    const size = this.#linkBody;
    this.#linkBody = 0;
    if (isZero(block, at) || isHeader(block, at)) return false;
    this.#beginSkip(Math.max(0, size - blockSize), size < blockSize ? 0 : paddingOf(size));
    return true;
  }

  #beginSkip(left: number, padding: number): void {
    this.#left = left;
    this.#padding = padding;
    if (left + padding > 0) this.#state = 'skip';
    else this.#expectHeader();
  }

  #beginExtension(header: RawHeader): void {
    this.#path = header.name;
    this.#extensions.begin(header, this.#subject);
    this.#extensionSize = header.size;
    this.#state = 'extension';
    this.#unit.begin(header.size + paddingOf(header.size));
    if (header.size === 0) this.#endUnit(this.#unit.block, 0);
  }

  #passBody(size: number): void {
    this.#beginSkip(size, paddingOf(size));
  }

  #member(header: RawHeader, block: Buffer, at: number): void {
    const extensions = this.#extensions.take();
    const path = pathOf(header, extensions);
    this.#path = path;
    const type = checkedTypeOf(header, path, this.#subject);
    const form = sparseFormOf(header, extensions.records, this.#subject);
    const stored = type === 'file' || type === 'hardlink' ? bodySizeOf(header, extensions, this.#subject) : 0;
    if (form !== undefined) {
      const map = new SparseMapReader({ form, records: extensions.records, stored, block, at }, this.#subject);
      this.#beginSparse({ header, extensions, type, path, stored }, map);
    } else if (type === 'hardlink') {
      this.#linkBody = stored;
      this.#begin({ header, extensions, type, path, stored: 0 });
    } else if (isDumped(header)) {
      this.#begin({ header, extensions, type, path, stored: 0 });
      this.#passBody(bodySizeOf(header, extensions, this.#subject));
    } else this.#begin({ header, extensions, type, path, stored });
  }

  #beginSparse(pending: Pending, map: SparseMapReader): void {
    if (pending.type !== 'file') throw this.#wrong('a file with a sparse map', pending.type);
    this.#path = paxText(pending.extensions.records, 'GNU.sparse.name') ?? pending.path;
    this.#pending = { ...pending, path: this.#path };
    this.#map = map;
    this.#state = 'map';
    if (map.isWhole) this.#endMap();
  }

  #endMap(): void {
    const [pending, reader] = [this.#pending as Pending, this.#map as SparseMapReader];
    const map = reader.map();
    [this.#pending, this.#map] = [undefined, undefined];
    this.#sparse = new SparseWriter(map, chunk => this.#sink.data(chunk));
    this.#begin({ ...pending, stored: reader.stored }, map.size);
  }

  #begin({ header, extensions, type, path, stored }: Pending, size = stored): void {
    const facts = { type, path, size, offset: this.#offset, subject: this.#subject };
    this.#todo = this.#sink.member(memberOf(header, extensions, facts));
    [this.#left, this.#padding] = [stored, paddingOf(stored)];
    if (stored > 0) this.#state = 'body';
    else if (this.#todo !== undefined) this.#state = 'hole';
    else this.#endBody();
  }

  #body(bytes: Buffer, at: number, length: number): number {
    const chunk = length === bytes.length ? bytes : bytes.subarray(at, at + length);
    if (this.#sparse === undefined) this.#sink.data(chunk);
    const used = this.#sparse?.write(chunk) ?? length;
    this.#left -= used;
    this.#position += used;
    if (this.#left === 0) this.#endBody();
    return used;
  }

  #endBody(): void {
    if (this.#sparse === undefined) this.#endFile();
    else this.#state = 'hole';
  }

  #endFile(): number {
    this.#sparse = undefined;
    this.#sink.end();
    this.#beginSkip(0, this.#padding);
    return 0;
  }
}
