import type { Bytes, Hasher } from '../engine/engine.ts';
import { nodeEngine } from '../engine/node.ts';
import { ZstdFrames } from '../engine/zstd-frames.ts';
import { jsonText } from '../spec/document.ts';
import { Pace } from '../stream/pace.ts';
import { ChunkedBody, rowsOf } from './chunked-rows.ts';
import type { Chunks } from './chunks.ts';
import { chunkedKeys, type LazyLayer, type LazyOptions } from './lazy.ts';
import { type CutMember, TarCutter, type TarPiece } from './tar-cutter.ts';
import { TarSplit } from './tar-split.ts';
import { OnceNamed } from './toc-row.ts';

/** Compressing a byte costs so many times what hashing one does. */
const cost = 8;
const skippable = 0x184d2a50;
const manifestType = 1;
const footerMagic = Buffer.from('GNUlInUx');

const plain: ReadonlySet<CutMember['type']> = new Set(['file', 'directory', 'symlink', 'hardlink']);

const sha256 = (): Hasher => nodeEngine.createHash('sha256');
const digestOf = (hasher: Hasher): string => `sha256:${hasher.digest()}`;

/** Text that is compressed as it comes, so that only its compressed form is held. */
class PackedText {
  readonly #frames: ZstdFrames;
  readonly #parts: Uint8Array[] = [];
  /** Bytes before compression. */
  decoded = 0;

  constructor(frames: ZstdFrames) {
    this.#frames = frames;
  }

  add(text: string): void {
    const bytes = Buffer.from(text);
    this.decoded += bytes.length;
    for (const part of this.#frames.write(bytes)) this.#parts.push(part);
  }

  end(): Uint8Array {
    return Buffer.concat([...this.#parts, ...this.#frames.end()]);
  }
}

function skippableFrame(content: Uint8Array): Uint8Array {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(skippable, 0);
  header.writeUInt32LE(content.length, 4);
  return Buffer.concat([header, content]);
}

function footerOf(numbers: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(numbers.length * 8);
  for (const [at, number] of numbers.entries()) bytes.writeBigUInt64LE(BigInt(number), at * 8);
  return Buffer.concat([bytes, footerMagic]);
}

/** Three streams of frames: the tar's own, and those of its two tables. */
interface Frames {
  readonly tar: ZstdFrames;
  readonly toc: ZstdFrames;
  readonly split: ZstdFrames;
}

/** A layer in the making. State: how long it is, what its tables say so far, and the body that is open. */
class ChunkedWriter {
  readonly #frames: ZstdFrames;
  readonly #toc: PackedText;
  readonly #split: PackedText;
  readonly #rows = new TarSplit();
  readonly #names: OnceNamed;
  readonly #subject: string;
  #offset = 0;
  #entries = 0;
  /** Devices and fifos. */
  #devices = 0;
  #body: ChunkedBody | undefined;

  constructor({ tar, toc, split }: Frames, subject: string) {
    this.#frames = tar;
    this.#toc = new PackedText(toc);
    this.#split = new PackedText(split);
    this.#names = new OnceNamed(subject);
    this.#subject = subject;
    this.#toc.add('{"version":1,"entries":[');
  }

  *add(piece: TarPiece): Generator<Uint8Array> {
    if (piece.kind === 'raw') {
      this.#say(this.#rows.raw(piece.bytes));
      yield* this.#out(this.#frames.write(piece.bytes));
    } else if (piece.kind === 'member') yield* this.#begin(piece.member);
    else if (piece.kind === 'body') {
      this.#rows.body(piece.bytes);
      if (this.#body !== undefined) yield* this.#chunks(this.#body, this.#body.finder.add(piece.bytes));
    } else if (piece.kind === 'end') yield* this.#end(piece.member);
  }

  /** The tables and the footer behind the last frame; answers the annotations that say where they are. */
  *finish(): Generator<Uint8Array, Readonly<Record<string, string>>> {
    yield* this.#out(this.#frames.end());
    this.#say(this.#rows.end());
    const split = this.#split.end();
    const hasher = sha256();
    hasher.update(split);
    this.#toc.add(`],"tarSplitDigest":"${digestOf(hasher)}"}`);
    const toc = this.#toc.end();
    const table = sha256();
    table.update(toc);
    const tocAt = [this.#offset + 8, toc.length, this.#toc.decoded];
    const splitAt = [this.#offset + toc.length + 16, split.length, this.#split.decoded];
    yield skippableFrame(toc);
    yield skippableFrame(split);
    yield skippableFrame(footerOf([...tocAt, manifestType, ...splitAt]));
    return {
      [chunkedKeys.manifestChecksum]: digestOf(table),
      [chunkedKeys.manifestPosition]: [...tocAt, manifestType].join(':'),
      [chunkedKeys.tarSplitPosition]: splitAt.join(':'),
    };
  }

  warnings(): readonly string[] {
    if (this.#devices === 0) return [];
    const what = this.#devices === 1 ? 'a device or fifo' : `${this.#devices} devices and fifos`;
    return [`${this.#subject}: ${what}: engines that fetch single files make none`];
  }

  *#begin(member: CutMember): Generator<Uint8Array> {
    this.#names.add(member);
    if (!plain.has(member.type)) this.#devices++;
    if (member.type !== 'file' || member.size === 0) return;
    yield* this.#out(this.#frames.end());
    this.#body = new ChunkedBody(this.#offset);
  }

  *#end(member: CutMember): Generator<Uint8Array> {
    if (this.#body !== undefined) yield* this.#chunks(this.#body, this.#body.finder.end());
    this.#say(this.#rows.entry(member));
    for (const one of rowsOf(member, this.#body, { subject: this.#subject, end: this.#offset }))
      this.#toc.add(`${this.#entries++ === 0 ? '' : ','}${jsonText(one)}`);
    this.#body = undefined;
  }

  *#chunks(body: ChunkedBody, pieces: ReturnType<Chunks['add']>): Generator<Uint8Array> {
    for (const piece of pieces) {
      if ('bytes' in piece) {
        body.add(piece.bytes);
        yield* this.#out(this.#frames.write(piece.bytes));
      } else {
        yield* this.#out(this.#frames.end());
        body.cut(this.#offset, piece.end);
      }
    }
  }

  #say(rows: Iterable<string>): void {
    for (const text of rows) this.#split.add(text);
  }

  *#out(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
    for (const part of parts) {
      this.#offset += part.length;
      yield part;
    }
  }
}

/**
 * A layer's tar as zstd:chunked of the third generation (containers/storage 1.55 on; change of the tar: none): a zstd frame a
 * chunk of a file, then a table of contents and the tar without its bodies, in frames that decoders pass over. The same tar has
 * the same bytes on every machine. Throws `unsupported` for what a table cannot say, and `invalid` for a name that is there twice.
 */
export function zstdChunked(tar: Bytes, { level, subject, signal }: LazyOptions): LazyLayer {
  let annotations: Readonly<Record<string, string>> = {};
  let warnings: readonly string[] = [];
  const bytes = async function* (): Bytes {
    const [own, toc, split] = [
      await ZstdFrames.open(level),
      await ZstdFrames.open(level),
      await ZstdFrames.open(level),
    ];
    const writer = new ChunkedWriter({ tar: own, toc, split }, subject);
    const cutter = new TarCutter(subject);
    const pace = new Pace(signal);
    for await (const chunk of tar) {
      for (const piece of cutter.cut(chunk)) {
        yield* writer.add(piece);
        const turn = 'bytes' in piece ? pace.spend(piece.bytes.length * cost) : undefined;
        if (turn !== undefined) await turn;
      }
    }
    cutter.finish();
    annotations = yield* writer.finish();
    warnings = writer.warnings();
  };
  return { bytes: bytes(), annotations: () => annotations, warnings: () => warnings };
}
