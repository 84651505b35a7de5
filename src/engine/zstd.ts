import type { Zstd } from '@hpcc-js/wasm-zstd';
import type { Decompress } from 'fzstd';
import type { XXHashAPI } from 'xxhash-wasm';
import { invalid, unsupported } from '../errors.ts';
import { copyOf, reblock } from './bytes.ts';
import type { Bytes } from './engine.ts';
import { type Header, numberAt, parseHeader, plainHeader, viewOf } from './zstd-header.ts';

const compressBlock = 1 << 20;
const maxBlock = 128 * 1024;
/** fzstd moves its whole window for every block: this many bytes may be moved for nothing, and so many for each byte that comes out. */
const freeMoves = 4 * 2 ** 30;
const movesPerByte = 16 * 1024;

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a5;

type State = 'magic' | 'skip' | 'header' | 'block' | 'checksum';

/** What decodes a frame and what its content is checked with (RFC 8878 §3.1.1: the low four bytes of its XXH64). */
interface Parts {
  readonly Decompress: typeof Decompress;
  readonly create64: XXHashAPI['create64'];
}

/**
 * One zstd stream. State: the frame being read and the bytes that no step could use yet. It cuts the stream at its blocks,
 * so that what one step puts out is one block at most, and gives each frame a decoder of its own, because fzstd calls itself
 * for every frame that follows.
 */
class ZstdReader {
  readonly #subject: string;
  readonly #codec: Parts;
  #state: State = 'magic';
  #parts: Uint8Array[] = [];
  #held = 0;
  #needed = 4;
  #skip = 0;
  #header: Header | undefined;
  #decoder: Decompress | undefined;
  #hash: ReturnType<XXHashAPI['create64']> | undefined;
  #output: Uint8Array[] = [];
  #frameOutput = 0;
  #allOutput = 0;
  #moved = 0;
  #offset = 0;

  constructor(subject: string, codec: Parts) {
    this.#subject = subject;
    this.#codec = codec;
  }

  *push(chunk: Uint8Array): Generator<Uint8Array> {
    this.#offset += chunk.length;
    // The source reuses its buffer.
    this.#parts.push(copyOf(chunk));
    this.#held += chunk.length;
    if (this.#held < this.#needed) return;
    let bytes: Uint8Array = this.#parts.length === 1 ? (this.#parts[0] as Uint8Array) : Buffer.concat(this.#parts);
    while (bytes.length > 0 && bytes.length >= this.#needed) {
      bytes = bytes.subarray(this.#step(bytes));
      yield* this.#output;
      this.#output = [];
    }
    this.#parts = [bytes];
    this.#held = bytes.length;
  }

  finish(): void {
    if (this.#offset === 0) throw invalid(this.#subject, 'a zstd stream', 'no bytes');
    if (this.#state === 'magic' && this.#held === 0) return;
    throw invalid(this.#subject, 'a whole zstd stream', `an unexpected end at offset ${this.#offset}: it is truncated`);
  }

  #next(state: State, needed: number): void {
    this.#state = state;
    this.#needed = needed;
  }

  #goOver(length: number): void {
    this.#skip = length;
    this.#next(length === 0 ? 'magic' : 'skip', length === 0 ? 4 : 1);
  }

  /** The number of bytes used; where it is none, more are needed than before. */
  #step(bytes: Uint8Array): number {
    switch (this.#state) {
      case 'magic':
        return this.#magic(bytes);
      case 'skip': {
        const used = Math.min(this.#skip, bytes.length);
        this.#goOver(this.#skip - used);
        return used;
      }
      case 'header':
        return this.#readHeader(bytes);
      case 'block':
        return this.#block(bytes);
      case 'checksum':
        return this.#checksum(bytes);
    }
  }

  #magic(bytes: Uint8Array): number {
    const magic = numberAt(viewOf(bytes), 0, 4);
    if (magic === frameMagic) {
      this.#next('header', 1);
      return 4;
    }
    if (magic >>> 4 !== skippableMagic) throw invalid(this.#subject, 'a zstd frame', `magic ${magic.toString(16)}`);
    if (bytes.length < 8) {
      this.#needed = 8;
      return 0;
    }
    this.#goOver(viewOf(bytes).getUint32(4, true));
    return 8;
  }

  #readHeader(bytes: Uint8Array): number {
    const header = parseHeader(bytes, this.#subject);
    if (typeof header === 'number') {
      this.#needed = header;
      return 0;
    }
    this.#header = header;
    this.#decoder = undefined;
    this.#hash = header.checksum ? this.#codec.create64() : undefined;
    this.#frameOutput = 0;
    this.#next('block', 3);
    return header.length;
  }

  #block(bytes: Uint8Array): number {
    const { window, checksum } = this.#header as Header;
    const head = (bytes[0] as number) | ((bytes[1] as number) << 8) | ((bytes[2] as number) << 16);
    const last = (head & 1) !== 0;
    const type = (head >>> 1) & 3;
    const size = head >>> 3;
    if (type === 3) throw this.#damaged('a block of a reserved type');
    if (size > Math.min(maxBlock, window)) throw this.#damaged(`a block of ${size} bytes`);
    const length = 3 + (type === 1 ? 1 : size);
    if (bytes.length < length) {
      this.#needed = length;
      return 0;
    }
    this.#decode(bytes.subarray(0, length), last);
    if (!last) this.#next('block', 3);
    else if (checksum) this.#next('checksum', 4);
    else this.#goOver(0);
    return length;
  }

  #checksum(bytes: Uint8Array): number {
    const found = Number((this.#hash?.digest() ?? 0n) & 0xffffffffn);
    if (numberAt(viewOf(bytes), 0, 4) !== found) throw this.#damaged('an incorrect content checksum');
    this.#goOver(0);
    return 4;
  }

  #decode(block: Uint8Array, last: boolean): void {
    const header = this.#header as Header;
    // A frame of one block looks back at nothing but itself.
    const window = last && this.#decoder === undefined ? Math.min(header.window, maxBlock) : header.window;
    this.#moved += window;
    if (this.#moved > freeMoves + movesPerByte * this.#allOutput)
      throw unsupported(this.#subject, 'zstd blocks worth their window', `tiny ones for ${header.window} bytes`);
    this.#decoder ??= this.#open(window);
    try {
      this.#decoder.push(block, last);
    } catch (error) {
      throw this.#damaged(`damaged bytes (${(error as Error).message})`);
    }
    if (last && header.contentSize !== undefined && header.contentSize !== this.#frameOutput)
      throw this.#damaged(`${this.#frameOutput} bytes of the ${header.contentSize} announced`);
  }

  #open(window: number): Decompress {
    const decoder = new this.#codec.Decompress(part => {
      this.#frameOutput += part.length;
      this.#allOutput += part.length;
      this.#hash?.update(part);
      if (part.length > 0) this.#output.push(part);
    });
    decoder.push(plainHeader(window), false);
    return decoder;
  }

  #damaged(got: string): Error {
    return invalid(this.#subject, 'a zstd stream', `${got} before offset ${this.#offset}`);
  }
}

/**
 * All frames of a zstd stream (RFC 8878), skippable ones passed over, in chunks of at most 128 KiB. Windows are limited to
 * 128 MiB. Sizes and checksums that frames carry are checked. Truncated or damaged input is an `invalid` error,
 * a frame that needs a dictionary an `unsupported` one.
 */
export async function* unzstd(bytes: Bytes, subject: string): Bytes {
  const [{ Decompress }, { default: xxhash }] = await Promise.all([import('fzstd'), import('xxhash-wasm')]);
  const { create64 } = await xxhash();
  const reader = new ZstdReader(subject, { Decompress, create64 });
  for await (const chunk of bytes) yield* reader.push(chunk);
  reader.finish();
}

/** What 1.12.5 (pinned) keeps in its one codec: a stream's state, and the class that makes another. */
type CodecParts = Record<'_zstd', { delete(): void }> & Record<'_zstdClass', new () => { delete(): void }>;

/** A codec with a stream of its own on the same module: the package hands out one for all, and two streams would mix. */
function ownCodec(shared: Zstd): { readonly codec: Zstd; readonly close: () => void } {
  const codec = Object.assign(Object.create(Object.getPrototypeOf(shared)), shared) as Zstd;
  const parts = codec as unknown as CodecParts;
  parts._zstd = new parts._zstdClass();
  return { codec, close: () => parts._zstd.delete() };
}

/** One zstd frame in blocks of fixed size: the same input gives the same bytes however it is chunked. `level` is 1 to 19. */
export async function* zstd(bytes: Bytes, options: { readonly level: number }): Bytes {
  const { Zstd } = await import('@hpcc-js/wasm-zstd');
  const { codec, close } = ownCodec(await Zstd.load());
  try {
    codec.reset();
    codec.setCompressionLevel(options.level);
    for await (const { block } of reblock(bytes, compressBlock, 0)) yield codec.compressChunk(block);
    yield codec.compressEnd();
  } finally {
    close();
  }
}
