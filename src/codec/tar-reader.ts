import { invalid, unsupported } from '../errors.ts';
import type { ByteString } from '../tree/node.ts';
import { textOf } from '../tree/path.ts';
import { paxInteger } from './pax.ts';
import { ExtensionHeaders, maxExtension } from './tar-extensions.ts';
import { blockSize, decodeHeader, isZero, type RawHeader } from './tar-header.ts';
import { bodySizeOf, type Extensions, memberOf, pathOf, type TarMember, typeOf } from './tar-member.ts';
import {
  checkSparse,
  hasLeadingMap,
  leadingMap,
  paxSparse,
  readGnuPieces,
  SparseExpander,
  type SparseMap,
} from './tar-sparse.ts';

/** Where members go: `member`, then `data` any number of times for a file, then `end`. A data chunk is valid during the call. */
export interface TarSink {
  member(member: TarMember): void;
  data(chunk: Uint8Array): void;
  end(): void;
}

interface Pending {
  readonly header: RawHeader;
  readonly type: TarMember['type'];
  readonly path: ByteString;
  stored: number;
  map: SparseMap | undefined;
}

/**
 * A tar archive as a synchronous push parser: `push` any chunks, then `finish`. Reads ustar, v7, GNU and PAX, sparse files
 * of every form expanded. Every problem is one `invalid` error with the offset of the header it lies in.
 */
export class TarReader {
  readonly #sink: TarSink;
  readonly #place: string;
  #state: 'header' | 'extension' | 'gnu-map' | 'pax-map' | 'body' | 'skip' | 'over' = 'header';
  /** Bytes still to come in the state, padding aside. */
  #left = 0;
  #padding = 0;
  #gathered: Buffer[] = [];
  #gatheredLength = 0;
  #position = 0;
  #headerOffset = 0;
  #zeroBlocks = 0;
  readonly #extensions = new ExtensionHeaders();
  #pending: Pending | undefined;
  #mapBlocks: Buffer = Buffer.alloc(0);
  #expander: SparseExpander | undefined;

  constructor(sink: TarSink, subject: string) {
    this.#sink = sink;
    this.#place = subject;
  }

  get #subject(): string {
    const name = this.#pending === undefined ? '' : ` '${textOf(this.#pending.path)}'`;
    return `${this.#place}: tar entry${name} at offset ${this.#headerOffset}`;
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    while (at < bytes.length && this.#state !== 'over') at = this.#step(bytes, at);
    this.#position += bytes.length - at;
  }

  /** The archive is at its end. An `invalid` error where it stops inside a member. */
  finish(): void {
    const whole = this.#state === 'over' || (this.#state === 'header' && this.#gatheredLength === 0);
    if (!whole || this.#extensions.isOpen)
      throw invalid(
        this.#subject,
        'the rest of it',
        `an unexpected end at offset ${this.#position}: the archive is truncated`,
      );
  }

  /** Consumes some of the bytes from `at` and returns where to go on. */
  #step(bytes: Buffer, at: number): number {
    if (this.#state === 'body') return this.#advance(at, this.#body(bytes, at));
    if (this.#state === 'skip') {
      const length = Math.min(this.#left + this.#padding, bytes.length - at);
      const skipped = Math.min(this.#left, length);
      this.#left -= skipped;
      this.#padding -= length - skipped;
      if (this.#left + this.#padding === 0) this.#state = 'header';
      return this.#advance(at, length);
    }
    const wanted = this.#state === 'extension' ? this.#left + this.#padding : blockSize;
    const taken = Math.min(wanted - this.#gatheredLength, bytes.length - at);
    const part = bytes.subarray(at, at + taken);
    this.#position += taken;
    if (taken === wanted) this.#whole(part);
    else this.#gather(part, wanted);
    return at + taken;
  }

  #gather(part: Buffer, wanted: number): void {
    this.#gathered.push(Buffer.from(part));
    this.#gatheredLength += part.length;
    if (this.#gatheredLength < wanted) return;
    const whole = Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#gatheredLength = 0;
    this.#whole(whole);
  }

  #advance(at: number, length: number): number {
    this.#position += length;
    return at + length;
  }

  /** A whole header block, extension body or sparse map block has come. */
  #whole(block: Buffer): void {
    switch (this.#state) {
      case 'header':
        this.#header(block, this.#position - blockSize);
        break;
      case 'extension':
        this.#extension(block.subarray(0, this.#left));
        break;
      case 'gnu-map': {
        const { map } = this.#pending as Pending;
        if (!readGnuPieces(block, 0, 21, map?.pieces ?? [])) this.#beginBody();
        break;
      }
      default:
        this.#paxMap(block);
    }
  }

  #header(block: Buffer, offset: number): void {
    if (block[0] === 0 && isZero(block)) {
      if (++this.#zeroBlocks === 2) this.#state = 'over';
      if (this.#extensions.isOpen)
        throw invalid(this.#subject, 'a member after an extension header', 'the end of the archive');
      return;
    }
    this.#zeroBlocks = 0;
    this.#headerOffset = offset;
    const header = decodeHeader(block, this.#subject);
    if ('xgLK'.includes(header.typeflag)) this.#beginExtension(header);
    else this.#member(header, block);
  }

  #beginExtension(header: RawHeader): void {
    this.#extensions.begin(header, this.#subject);
    this.#state = 'extension';
    this.#left = header.size;
    this.#padding = (blockSize - (header.size % blockSize)) % blockSize;
    if (header.size === 0) this.#extension(Buffer.alloc(0));
  }

  #extension(body: Buffer): void {
    this.#state = 'header';
    this.#extensions.body(body, this.#subject);
  }

  #extensionsNow: Extensions = { records: new Map(), longName: undefined, longLink: undefined };

  #member(header: RawHeader, block: Buffer): void {
    const extensions = this.#extensions.take();
    this.#extensionsNow = extensions;
    const path = pathOf(header, extensions);
    const type = typeOf(header, path);
    this.#pending = undefined;
    if (type === undefined)
      throw unsupported(
        this.#subject,
        'a file, link, directory, device or fifo',
        `type '${textOf(header.typeflag)}' of '${textOf(path)}'`,
      );
    const body = type === 'file' || type === 'hardlink' || type === 'directory';
    this.#pending = {
      header,
      type,
      path,
      stored: body ? bodySizeOf(header, extensions, this.#subject) : 0,
      map: undefined,
    };
    if (header.typeflag === 'S') this.#beginGnuSparse(block);
    else if (type === 'file' && hasLeadingMap(extensions.records)) this.#state = 'pax-map';
    else this.#beginBody();
  }

  #beginGnuSparse(block: Buffer): void {
    const pending = this.#pending as Pending;
    const pieces: SparseMap['pieces'] = [];
    const more = readGnuPieces(block, 386, 4, pieces);
    const size = Number.parseInt(block.toString('latin1', 483, 495).trim(), 8);
    if (!Number.isSafeInteger(size)) throw invalid(this.#subject, 'the real size of a sparse file', 'none');
    pending.map = { size, pieces };
    if (more) this.#state = 'gnu-map';
    else this.#beginBody();
  }

  #paxMap(block: Buffer): void {
    const pending = this.#pending as Pending;
    this.#mapBlocks = Buffer.concat([this.#mapBlocks, block]);
    if (this.#mapBlocks.length > Math.min(pending.stored, 4 * maxExtension)) {
      throw invalid(this.#subject, 'a sparse map inside the body', `one of more than ${pending.stored} bytes`);
    }
    const pieces = leadingMap(this.#mapBlocks, this.#subject);
    if (pieces === undefined) return;
    const size =
      this.#extensionsNow.records.get('GNU.sparse.realsize') ?? this.#extensionsNow.records.get('GNU.sparse.size');
    pending.map = { size: size === undefined ? 0 : paxInteger(size, 'GNU.sparse.realsize', this.#subject), pieces };
    pending.stored -= this.#mapBlocks.length;
    this.#mapBlocks = Buffer.alloc(0);
    this.#beginBody();
  }

  #beginBody(): void {
    const pending = this.#pending as Pending;
    const { type, path, stored } = pending;
    const map = pending.map ?? (type === 'file' ? paxSparse(this.#extensionsNow.records, this.#subject) : undefined);
    pending.map = map === undefined ? undefined : checkSparse(map, stored, this.#subject);
    const size = type === 'file' ? (map?.size ?? stored) : 0;
    const at = { type, path, size, offset: this.#headerOffset, subject: this.#subject };
    this.#sink.member(memberOf(pending.header, this.#extensionsNow, at));
    this.#left = stored;
    this.#padding = (blockSize - (stored % blockSize)) % blockSize;
    this.#expander = map === undefined ? undefined : new SparseExpander(map, chunk => this.#sink.data(chunk));
    if (type === 'file' && stored > 0) {
      this.#state = 'body';
      return;
    }
    if (type === 'file') this.#expander?.finish();
    this.#sink.end();
    this.#state = this.#left + this.#padding > 0 ? 'skip' : 'header';
  }

  #body(bytes: Buffer, at: number): number {
    const length = Math.min(this.#left, bytes.length - at);
    const part = length === bytes.length ? bytes : bytes.subarray(at, at + length);
    if (this.#expander === undefined) this.#sink.data(part);
    else this.#expander.push(part);
    this.#left -= length;
    if (this.#left === 0) {
      this.#expander?.finish();
      this.#sink.end();
      this.#state = this.#padding > 0 ? 'skip' : 'header';
    }
    return length;
  }
}
