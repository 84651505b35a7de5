import { readSync } from 'node:fs';
import type { Bytes } from '../../engine/engine.ts';
import { type Pace, statCost } from '../../stream/pace.ts';
import { onDisk } from '../disk/system-error.ts';

/** An archive from its beginning on: a file seeks over what nobody wants, a stream reads it. */
export interface ArchiveInput {
  /** Byte offset of what comes next. */
  readonly position: number;
  /** The next `length` bytes, fewer where the archive ends before. Valid until the next call. */
  read(length: number): Promise<Buffer>;
  /** Passes over `length` bytes; false where the archive ends before. */
  skip(length: number): Promise<boolean>;
}

/** Bytes of a window: many small members stand in one. */
const windowSize = 64 * 1024;

/** An open file of `size` bytes. */
export class FileInput implements ArchiveInput {
  readonly #file: number;
  readonly #size: number;
  readonly #subject: string;
  readonly #pace: Pace;
  readonly #window: Buffer = Buffer.allocUnsafe(windowSize);
  #windowStart = 0;
  #windowEnd = 0;
  position = 0;

  constructor(file: number, options: { readonly size: number; readonly subject: string; readonly pace: Pace }) {
    this.#file = file;
    this.#size = options.size;
    this.#subject = options.subject;
    this.#pace = options.pace;
  }

  async read(length: number): Promise<Buffer> {
    const turn = this.#pace.spend(statCost + length);
    if (turn !== undefined) await turn;
    const wanted = Math.max(0, Math.min(length, this.#size - this.position));
    const bytes = wanted > windowSize ? this.#readAt(Buffer.allocUnsafe(wanted)) : this.#fromWindow(wanted);
    this.position += bytes.length;
    return bytes;
  }

  async skip(length: number): Promise<boolean> {
    this.position += length;
    return this.position <= this.#size;
  }

  #fromWindow(length: number): Buffer {
    if (this.position < this.#windowStart || this.position + length > this.#windowEnd) {
      this.#windowStart = this.position;
      this.#windowEnd = this.position + this.#readAt(this.#window).length;
    }
    const from = this.position - this.#windowStart;
    return this.#window.subarray(from, Math.min(from + length, this.#windowEnd - this.#windowStart));
  }

  #readAt(buffer: Buffer): Buffer {
    let filled = 0;
    while (filled < buffer.length) {
      const count = onDisk(this.#subject, 'an archive that can be read', () =>
        readSync(this.#file, buffer, filled, buffer.length - filled, this.position + filled),
      );
      if (count === 0) break;
      filled += count;
    }
    return buffer.subarray(0, filled);
  }
}

/** A stream that can only be read once. `close` ends it early. */
export class StreamInput implements ArchiveInput {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  position = 0;

  constructor(bytes: Bytes) {
    this.#chunks = bytes[Symbol.asyncIterator]();
  }

  async read(length: number): Promise<Buffer> {
    const whole = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length && (await this.#fill())) {
      const part = this.#take(length - filled);
      whole.set(part, filled);
      filled += part.length;
    }
    return whole.subarray(0, filled);
  }

  async skip(length: number): Promise<boolean> {
    let left = length;
    while (left > 0 && (await this.#fill())) left -= this.#take(left).length;
    return left === 0;
  }

  /** The next bytes as they come, at most `most`, at least one; none at the end. */
  async next(most: number): Promise<Uint8Array> {
    return (await this.#fill()) ? this.#take(most) : new Uint8Array(0);
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #fill(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done === true) return false;
      this.#chunk = value;
    }
    return true;
  }

  #take(most: number): Uint8Array {
    const part = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(part.length);
    this.position += part.length;
    return part;
  }
}
