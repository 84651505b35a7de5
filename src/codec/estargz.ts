import { copyOf } from '../engine/bytes.ts';
import { loadEngine } from '../engine/choose.ts';
import type { Bytes, Engine, Hasher } from '../engine/engine.ts';
import { nodeEngine } from '../engine/node.ts';
import { type DiffID, diffIDOf, digestOf } from '../spec/digest.ts';
import { jsonText } from '../spec/document.ts';
import { fileCost, Pace } from '../stream/pace.ts';
import { noXattrs } from '../tree/node.ts';
import { landmarkName, ownPieces, tocName } from './estargz-names.ts';
import { chunkSize, type EstargzChunk, EstargzRows } from './estargz-rows.ts';
import { estargzKeys, type LazyLayer, type LazyOptions } from './lazy.ts';
import type { CutMember, TarPiece } from './tar-cutter.ts';
import { paddingAfter } from './tar-header.ts';
import { encodeHeader } from './tar-writer.ts';
import { OnceNamed, row, type TocRow } from './toc-row.ts';

/** Bytes of a member at most where headers follow upon one another. */
const memberSize = 2 * chunkSize;
const landmark = Uint8Array.of(0x0f);

const sha256 = (): Hasher => nodeEngine.createHash('sha256');

function headerOf(path: string, size: number): Uint8Array {
  const nothing = { link: '', mode: 0, uid: 0, gid: 0, mtime: 0, major: 0, minor: 0, xattrs: noXattrs } as const;
  return encodeHeader({ ...nothing, typeflag: '0', path, size });
}

const padded = (bytes: Uint8Array): Uint8Array => Buffer.concat([bytes, paddingAfter(bytes.length)]);

/** Characters of a table that are bytes once they are so many: as rows they would take twice as much, and again as much when they are joined. */
const textSize = 1 << 16;

/** A file's body in the making: the chunks that are done, and the one that is open. */
class Body {
  readonly chunks: EstargzChunk[] = [];
  readonly #whole = sha256();
  #chunk = sha256();
  #from = 0;
  #offset: number;
  /** Bytes of the open chunk. */
  filled = 0;

  constructor(offset: number) {
    this.#offset = offset;
  }

  add(bytes: Uint8Array): void {
    this.#whole.update(bytes);
    this.#chunk.update(bytes);
    this.filled += bytes.length;
  }

  cut(): void {
    this.chunks.push({ offset: this.#offset, digest: `sha256:${this.#chunk.digest()}`, from: this.#from });
    this.#chunk = sha256();
    this.#from += this.filled;
    this.filled = 0;
  }

  begin(offset: number): void {
    this.#offset = offset;
  }

  digest(): string {
    return `sha256:${this.#whole.digest()}`;
  }
}

/** An empty gzip member that says where the table's begins (stargz-snapshotter, docs/estargz.md). */
function footerOf(tocOffset: number): Uint8Array {
  const extra = Buffer.from(`SG\x16\x00${tocOffset.toString(16).padStart(16, '0')}STARGZ`, 'latin1');
  const head = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, extra.length, 0]);
  return Buffer.concat([head, extra, Buffer.from([1, 0, 0, 0xff, 0xff]), Buffer.alloc(8)]);
}

/** A layer in the making. State: the member that is open, how long the blob and the tar are, and the rows so far. */
class EstargzWriter {
  readonly #engine: Engine;
  readonly #level: number;
  readonly #names: OnceNamed;
  readonly #table: EstargzRows;
  readonly #toc: Uint8Array[] = [];
  #rows = '{\n\t"version": 1,\n\t"entries": [';
  #hasRows = false;
  #member: Uint8Array[] = [];
  #size = 0;
  #offset = 0;
  #tarSize = 0;
  readonly #tar = sha256();
  #body: Body | undefined;

  constructor(engine: Engine, { level, subject }: { readonly level: number; readonly subject: string }) {
    this.#engine = engine;
    this.#level = level;
    this.#names = new OnceNamed(subject);
    this.#table = new EstargzRows(subject);
  }

  /** The landmark: nothing is to be fetched first. */
  async *begin(): Bytes {
    this.#add(headerOf(landmarkName, landmark.length));
    yield* this.#flush();
    const digest = digestOf(landmark);
    this.#say(row({ name: landmarkName, type: 'reg', size: 1, offset: this.#offset, digest, chunkDigest: digest }));
    this.#add(padded(landmark));
  }

  async *add(piece: TarPiece): Bytes {
    if (piece.kind === 'raw') {
      yield* this.#raw(piece.bytes);
    } else if (piece.kind === 'member') {
      this.#names.add(piece.member);
      if (piece.member.type !== 'file' || piece.member.size === 0) return;
      yield* this.#flush();
      this.#body = new Body(this.#offset);
    } else if (piece.kind === 'body') yield* this.#addBody(piece.bytes);
    else this.#endBody(piece.member);
  }

  /** The table as the tar's last entry, the tar's own end (`end`), and the footer; answers what the descriptor is to say. */
  async *finish(end: Uint8Array): AsyncGenerator<Uint8Array, Readonly<Record<string, string>>> {
    yield* this.#flush();
    this.#toc.push(Buffer.from(`${this.#rows}${this.#hasRows ? '\n\t' : ''}]\n}`));
    const [tocOffset, digest] = [this.#offset, sha256()];
    const size = this.#toc.reduce((sum, { length }) => sum + length, 0);
    this.#take(headerOf(tocName, size));
    for (const bytes of this.#toc.splice(0)) {
      digest.update(bytes);
      this.#take(bytes);
    }
    for (const bytes of [paddingAfter(size), end]) this.#take(bytes);
    const tarSize = this.#tarSize;
    yield* this.#flush();
    yield footerOf(tocOffset);
    return { [estargzKeys.tocDigest]: `sha256:${digest.digest()}`, [estargzKeys.uncompressedSize]: `${tarSize}` };
  }

  /** Of the tar that the blob holds, when it is done. */
  diffID(): DiffID {
    return diffIDOf(this.#tar.digest());
  }

  /** Headers are cut where a member has become long enough, wherever they come in pieces. */
  async *#raw(bytes: Uint8Array): Bytes {
    for (let at = 0; at < bytes.length; ) {
      if (this.#size >= memberSize) yield* this.#flush();
      const part = bytes.subarray(at, at + memberSize - this.#size);
      this.#add(part);
      at += part.length;
    }
  }

  async *#addBody(bytes: Uint8Array): Bytes {
    const body = this.#body;
    for (let at = 0; body !== undefined && at < bytes.length; ) {
      if (body.filled === chunkSize) {
        body.cut();
        yield* this.#flush();
        body.begin(this.#offset);
      }
      const part = bytes.subarray(at, at + chunkSize - body.filled);
      body.add(part);
      this.#add(part);
      at += part.length;
    }
  }

  #endBody(member: CutMember): void {
    this.#body?.cut();
    const digest = this.#body?.digest() ?? (member.type === 'file' ? digestOf(new Uint8Array()) : undefined);
    for (const one of this.#table.of(member, { chunks: this.#body?.chunks ?? [], digest })) this.#say(one);
    this.#body = undefined;
  }

  #say(one: TocRow): void {
    this.#rows += `${this.#hasRows ? ',' : ''}\n\t\t${jsonText(one, '\t').replaceAll('\n', '\n\t\t')}`;
    this.#hasRows = true;
    if (this.#rows.length < textSize) return;
    this.#toc.push(Buffer.from(this.#rows));
    this.#rows = '';
  }

  #add(bytes: Uint8Array): void {
    this.#take(copyOf(bytes));
  }

  /** Bytes that stay as they are. */
  #take(bytes: Uint8Array): void {
    this.#member.push(bytes);
    this.#size += bytes.length;
    this.#tarSize += bytes.length;
    this.#tar.update(bytes);
  }

  async *#flush(): Bytes {
    const member = await this.#engine.gzipWhole(Buffer.concat(this.#member), { level: this.#level });
    this.#member = [];
    this.#size = 0;
    this.#offset += member.length;
    yield member;
  }
}

/**
 * A layer's tar as eStargz (stargz-snapshotter, docs/estargz.md): a gzip member a chunk of a file, so that each can be fetched and
 * inflated alone, two files more in the tar, a landmark first and the table of contents last, and a footer. All else of the
 * tar stays, byte for byte. Throws `unsupported` for what a table cannot say, and `invalid` for a name that is there twice.
 */
export function estargz(
  tar: Bytes,
  options: LazyOptions & { readonly compressor?: Engine['name'] | undefined },
): LazyLayer & { readonly diffID: () => DiffID } {
  const { level, compressor = 'zlib', subject, signal } = options;
  let annotations: Readonly<Record<string, string>> = {};
  let diffID = '' as DiffID;
  const bytes = async function* (): Bytes {
    const writer = new EstargzWriter(await loadEngine(compressor), { level, subject });
    const pace = new Pace(signal);
    const tail: Uint8Array[] = [];
    yield* writer.begin();
    for await (const piece of ownPieces(tar, subject)) {
      if (piece.kind === 'tail') tail.push(piece.bytes);
      else yield* writer.add(piece);
      const turn = pace.spend('bytes' in piece ? piece.bytes.length : fileCost);
      if (turn !== undefined) await turn;
    }
    annotations = yield* writer.finish(Buffer.concat(tail));
    diffID = writer.diffID();
  };
  return { bytes: bytes(), annotations: () => annotations, warnings: () => [], diffID: () => diffID };
}
