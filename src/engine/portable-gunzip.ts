import { Inflate } from 'fflate';
import { invalid } from '../errors.ts';
import { gzipHeaderLimit } from '../limits.ts';
import { copyOf } from './bytes.ts';
import type { Bytes } from './engine.ts';

/** Compressed bytes given to the inflater at once: what they may expand to is held whole. */
const sliceSize = 16 * 1024;

type Crc = (bytes: Uint8Array, previous?: number) => number;

/** What fflate 0.8.3 (pinned) knows of its stream: it has no public word for where a deflate stream ends. */
interface InflateState {
  readonly s: { readonly f?: number; readonly l?: unknown; readonly p?: number };
  readonly p: Uint8Array;
}

/** Length of a gzip member's header (RFC 1952), 0 while more bytes are needed, -1 where it is none. */
function headerLength(bytes: Uint8Array): number {
  const fixed = [0x1f, 0x8b, 8];
  if (fixed.some((byte, at) => at < bytes.length && bytes[at] !== byte)) return -1;
  if (bytes.length < 10) return 0;
  const flags = bytes[3] as number;
  if ((flags & 0xe0) !== 0) return -1;
  let at = 10;
  if ((flags & 4) !== 0) {
    if (bytes.length < at + 2) return 0;
    at += 2 + ((bytes[at] as number) | ((bytes[at + 1] as number) << 8));
  }
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return 0;
    at = end + 1;
  }
  if ((flags & 2) !== 0) at += 2;
  return bytes.length < at ? 0 : at;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/** One gzip stream. State: the member being read, its checksum and length so far. */
class GunzipReader {
  readonly #subject: string;
  readonly #crc32: Crc;
  #state: 'header' | 'body' | 'trailer' | 'zeros' = 'header';
  #held: Uint8Array = new Uint8Array(0);
  #inflate: Inflate | undefined;
  #output: Uint8Array[] = [];
  #crc = 0;
  #length = 0;
  #members = 0;
  #offset = 0;

  constructor(subject: string, crc: Crc) {
    this.#subject = subject;
    this.#crc32 = crc;
  }

  #wrong(got: string): Error {
    return invalid(this.#subject, 'a gzip stream', `${got} before offset ${this.#offset}`);
  }

  push(slice: Uint8Array): Uint8Array[] {
    this.#offset += slice.length;
    this.#held = joined(this.#held, slice);
    while (this.#step());
    const output = this.#output;
    this.#output = [];
    return output;
  }

  finish(): void {
    if (this.#offset === 0) throw this.#wrong('no bytes');
    const between =
      this.#state === 'zeros' || (this.#state === 'header' && this.#members > 0 && this.#held.length === 0);
    if (!between) throw this.#wrong('an unexpected end: it is truncated');
  }

  /** True while something was done that may let more be done. */
  #step(): boolean {
    if (this.#held.length === 0) return false;
    switch (this.#state) {
      case 'header':
        return this.#header();
      case 'body':
        return this.#body();
      case 'trailer':
        return this.#trailer();
      case 'zeros':
        if (this.#held.some(byte => byte !== 0)) throw this.#wrong('something after its end');
        this.#held = new Uint8Array(0);
        return false;
    }
  }

  #header(): boolean {
    if (this.#members > 0 && this.#held[0] === 0) {
      this.#state = 'zeros';
      return true;
    }
    const length = headerLength(this.#held);
    if (length < 0 || this.#held.length > gzipHeaderLimit + sliceSize)
      throw this.#wrong(this.#members > 0 ? 'something after its end' : 'another header or method');
    if (length === 0) return false;
    const checked = ((this.#held[3] as number) & 2) !== 0;
    const check = (this.#held[length - 2] as number) | ((this.#held[length - 1] as number) << 8);
    if (checked && check !== (this.#crc32(this.#held.subarray(0, length - 2)) & 0xffff))
      throw this.#wrong('an incorrect header check (CRC)');
    this.#held = this.#held.slice(length);
    this.#inflate = new Inflate(chunk => this.#emit(chunk));
    this.#crc = 0;
    this.#length = 0;
    this.#state = 'body';
    return true;
  }

  #emit(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#crc = this.#crc32(chunk, this.#crc);
    this.#length += chunk.length;
    this.#output.push(chunk);
  }

  #body(): boolean {
    const inflate = this.#inflate as Inflate;
    try {
      inflate.push(this.#held, false);
    } catch (error) {
      throw this.#wrong(`damaged bytes (${(error as Error).message})`);
    }
    this.#held = new Uint8Array(0);
    const { s, p } = inflate as unknown as InflateState;
    if (!s.f || s.l) return false;
    this.#held = p.slice(((s.p ?? 0) + 7) >>> 3);
    this.#state = 'trailer';
    return true;
  }

  #trailer(): boolean {
    if (this.#held.length < 8) return false;
    const view = new DataView(this.#held.buffer, this.#held.byteOffset, 8);
    if (view.getUint32(0, true) !== this.#crc) throw this.#wrong('an incorrect data check (CRC)');
    if (view.getUint32(4, true) !== this.#length % 2 ** 32) throw this.#wrong('an incorrect length check');
    this.#held = this.#held.slice(8);
    this.#members++;
    this.#state = 'header';
    return true;
  }
}

/** Inflates all members of a gzip stream in pure JavaScript; CRC and length are checked here, as fflate checks neither. */
export async function* portableGunzip(bytes: Bytes, options: { readonly subject: string; readonly crc32: Crc }): Bytes {
  const reader = new GunzipReader(options.subject, options.crc32);
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; at += sliceSize) yield* reader.push(copyOf(chunk.subarray(at, at + sliceSize)));
  }
  reader.finish();
}
