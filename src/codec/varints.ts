import { invalid } from '../errors.ts';
import type { ByteString } from '../tree/node.ts';
import { byteStringOf, bytesOf } from '../tree/path.ts';

/** Numbers in seven bits a byte, lowest first, and bytes with their length before them. State: what was written so far. */
export class VarintWriter {
  #bytes = Buffer.alloc(1 << 12);
  #length = 0;

  /** A whole number from 0 to 2^53 - 1. */
  number(value: number): void {
    this.#makeRoom(8);
    let rest = value;
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  bytes(value: Uint8Array): void {
    this.number(value.length);
    this.#makeRoom(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  text(value: ByteString): void {
    this.bytes(bytesOf(value));
  }

  /** All that was written; valid until more is. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #makeRoom(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.alloc(2 * (this.#length + count));
    larger.set(this.written);
    this.#bytes = larger;
  }
}

/** Reads what a `VarintWriter` wrote. Throws `invalid` at the end of the bytes, and for a number of more than 53 bits. State: where it is. */
export class VarintReader {
  readonly #bytes: Uint8Array;
  readonly #subject: string;
  #at = 0;

  constructor(bytes: Uint8Array, subject: string) {
    this.#bytes = bytes;
    this.#subject = subject;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  number(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 0x80) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw invalid(this.#subject, 'a number', 'the end');
      value += (byte & 0x7f) * unit;
      if (!Number.isSafeInteger(value)) throw invalid(this.#subject, 'a number of 53 bits', 'a larger one');
      if (byte < 0x80) return value;
      if (unit > 2 ** 49) throw invalid(this.#subject, 'a number of at most 8 bytes', 'a longer one');
    }
  }

  /** A view. */
  bytes(): Uint8Array {
    const length = this.number();
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    if (part.length < length) throw invalid(this.#subject, `${length} bytes`, `${part.length} and the end`);
    this.#at += length;
    return part;
  }

  text(): ByteString {
    return byteStringOf(this.bytes());
  }
}
