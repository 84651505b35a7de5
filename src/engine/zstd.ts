import type { XXHashAPI } from 'xxhash-wasm';
import { invalid } from '../errors.ts';
import { copyOf } from './bytes.ts';
import type { Bytes } from './engine.ts';
import { nodeZstd } from './node-zstd.ts';
import type { FrameDecoder, ZstdDecoder } from './zstd-decoder.ts';
import { type Header, numberAt, parseHeader, viewOf } from './zstd-header.ts';

const maxBlock = 128 * 1024;
const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a5;

type State = 'magic' | 'skip' | 'header' | 'block' | 'checksum';

/** What decodes a frame and what its content is checked with (RFC 8878 §3.1.1: the low four bytes of its XXH64). */
interface Parts {
  readonly decoder: ZstdDecoder;
  readonly create64: XXHashAPI['create64'];
}

/**
 * One zstd stream. State: the frame being read, its blocks that wait for the decoder, and the bytes that no step could use
 * yet. It cuts the stream at its blocks and gives each frame a decoder of its own.
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
  #decoder: FrameDecoder | undefined;
  #hash: ReturnType<XXHashAPI['create64']> | undefined;
  #blocks: Uint8Array[] = [];
  #isWhole = false;
  #frameOutput = 0;
  #offset = 0;

  constructor(subject: string, codec: Parts) {
    this.#subject = subject;
    this.#codec = codec;
  }

  async *push(chunk: Uint8Array): Bytes {
    this.#offset += chunk.length;
    // The source reuses its buffer.
    this.#parts.push(copyOf(chunk));
    this.#held += chunk.length;
    if (this.#held < this.#needed) return;
    let bytes: Uint8Array = this.#parts.length === 1 ? (this.#parts[0] as Uint8Array) : Buffer.concat(this.#parts);
    while (bytes.length > 0 && bytes.length >= this.#needed) {
      if (this.#isTime()) yield* this.#flush();
      bytes = bytes.subarray(this.#step(bytes));
    }
    yield* this.#flush();
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
    this.#take(bytes.subarray(0, length), last);
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

  /** What a frame's blocks became is told before anything that follows them is looked at. */
  #isTime(): boolean {
    return this.#state !== 'block' || this.#blocks.length >= this.#codec.decoder.batch;
  }

  #take(block: Uint8Array, last: boolean): void {
    const header = this.#header as Header;
    // A frame of one block looks back at nothing but itself.
    const window = last && this.#decoder === undefined ? Math.min(header.window, maxBlock) : header.window;
    this.#decoder ??= this.#codec.decoder.open(window);
    this.#blocks.push(block);
    this.#isWhole = last;
  }

  /** What the blocks that wait become. */
  async *#flush(): Bytes {
    if (this.#blocks.length === 0) return;
    const { contentSize } = this.#header as Header;
    for (const piece of await this.#decode()) {
      this.#frameOutput += piece.length;
      this.#hash?.update(piece);
      yield piece;
    }
    if (!this.#isWhole) return;
    this.close();
    if (contentSize !== undefined && contentSize !== this.#frameOutput)
      throw this.#damaged(`${this.#frameOutput} bytes of the ${contentSize} announced`);
  }

  async #decode(): Promise<readonly Uint8Array[]> {
    const blocks = this.#blocks.length === 1 ? (this.#blocks[0] as Uint8Array) : Buffer.concat(this.#blocks);
    this.#blocks = [];
    try {
      return await (this.#decoder as FrameDecoder).decode(blocks, this.#isWhole);
    } catch {
      throw this.#damaged('damaged bytes');
    }
  }

  close(): void {
    this.#decoder?.close();
    this.#decoder = undefined;
  }

  #damaged(got: string): Error {
    return invalid(this.#subject, 'a zstd stream', `${got} before offset ${this.#offset}`);
  }
}

/**
 * All frames of a zstd stream (RFC 8878), skippable ones passed over, in chunks of at most 128 KiB. Windows are limited to
 * 128 MiB. Sizes and checksums that frames carry are checked. Truncated or damaged input is an `invalid` error,
 * a frame that needs a dictionary an `unsupported` one. Node's own zstd decodes where it is, unless another is
 * given; it makes no difference, but that each sees some damage to frames without a checksum that the other does not.
 */
export async function* unzstd(bytes: Bytes, subject: string, known?: ZstdDecoder): Bytes {
  const decoder = known ?? nodeZstd ?? (await import('./fzstd-decoder.ts')).fzstdDecoder;
  const { create64 } = await (await import('xxhash-wasm')).default();
  const reader = new ZstdReader(subject, { decoder, create64 });
  try {
    for await (const chunk of bytes) yield* reader.push(chunk);
    reader.finish();
  } finally {
    reader.close();
  }
}
