import { invalid } from '../errors.ts';

const maxWindow = 128 * 1024 * 1024;
const frameMagic = 0xfd2fb528;

/**
 * Follows the frames of a zstd stream without decoding them (RFC 8878 §3.1), so that an announced window is refused before
 * anything is allocated for it, and so that a stream that ends inside a frame is known to be truncated.
 */
export class ZstdFrames {
  readonly #subject: string;
  #state: 'frame' | 'header' | 'block' | 'skip' = 'frame';
  #afterSkip: 'frame' | 'block' = 'frame';
  #held = new Uint8Array(0);
  #skip = 0;
  #checksum = 0;
  #offset = 0;

  constructor(subject: string) {
    this.#subject = subject;
  }

  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#held.length > 0) {
      bytes = new Uint8Array(this.#held.length + chunk.length);
      bytes.set(this.#held);
      bytes.set(chunk, this.#held.length);
      this.#offset -= this.#held.length;
    }
    let at = 0;
    for (;;) {
      const used = this.#step(bytes.subarray(at));
      if (used < 0) break;
      at += used;
    }
    this.#held = bytes.slice(at);
    this.#offset += bytes.length;
  }

  finish(): void {
    if (this.#offset === 0) throw invalid(this.#subject, 'a zstd stream', 'no bytes');
    if (this.#state !== 'frame' || this.#held.length > 0) {
      throw invalid(
        this.#subject,
        'a whole zstd stream',
        `an unexpected end at offset ${this.#offset}: it is truncated`,
      );
    }
  }

  /** Bytes consumed, or -1 where more are needed. */
  #step(bytes: Uint8Array): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    switch (this.#state) {
      case 'skip': {
        const used = Math.min(this.#skip, bytes.length);
        if (used === 0 && this.#skip > 0) return -1;
        this.#skip -= used;
        if (this.#skip === 0) this.#state = this.#afterSkip;
        return used;
      }
      case 'frame':
        return this.#frame(view);
      case 'header':
        return this.#header(view);
      case 'block':
        return this.#block(view);
    }
  }

  #frame(view: DataView): number {
    if (view.byteLength < 4) return -1;
    const magic = view.getUint32(0, true);
    if (magic === frameMagic) {
      this.#state = 'header';
      return 4;
    }
    if (magic >>> 4 !== 0x184d2a5) throw invalid(this.#subject, 'a zstd frame', `magic ${magic.toString(16)}`);
    if (view.byteLength < 8) return -1;
    this.#goOver(view.getUint32(4, true), 'frame');
    return 8;
  }

  #goOver(length: number, next: 'frame' | 'block'): void {
    this.#skip = length;
    this.#afterSkip = next;
    this.#state = length === 0 ? next : 'skip';
  }

  #header(view: DataView): number {
    if (view.byteLength < 1) return -1;
    const descriptor = view.getUint8(0);
    const single = (descriptor & 0x20) !== 0;
    const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >>> 6] as number;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number;
    const length = 1 + (single ? 0 : 1) + dictionaryBytes + sizeBytes;
    if (view.byteLength < length) return -1;
    const window = single ? contentSize(view, length - sizeBytes, sizeBytes) : windowSize(view.getUint8(1));
    if (window > maxWindow)
      throw invalid(this.#subject, `a zstd window of at most ${maxWindow} bytes of memory`, `${window}`);
    this.#checksum = (descriptor & 4) !== 0 ? 4 : 0;
    this.#state = 'block';
    return length;
  }

  #block(view: DataView): number {
    if (view.byteLength < 3) return -1;
    const header = view.getUint16(0, true) | (view.getUint8(2) << 16);
    const last = (header & 1) !== 0;
    const type = (header >>> 1) & 3;
    if (type === 3) throw invalid(this.#subject, 'a zstd block of a known type', 'a reserved one');
    const length = type === 1 ? 1 : header >>> 3;
    this.#goOver(length + (last ? this.#checksum : 0), last ? 'frame' : 'block');
    return 3;
  }
}

function windowSize(byte: number): number {
  const base = 2 ** (10 + (byte >>> 3));
  return base + (base / 8) * (byte & 7);
}

function contentSize(view: DataView, at: number, length: number): number {
  if (length === 1) return view.getUint8(at);
  if (length === 2) return view.getUint16(at, true) + 256;
  if (length === 4) return view.getUint32(at, true);
  return Number(view.getBigUint64(at, true));
}
