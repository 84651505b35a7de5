import { isHole, zeroChunks } from '../engine/zeros.ts';

const bufferSize = 1 << 20;
/** A piece of a body from this size on is passed on as it is; smaller ones are cheaper copied together. */
const large = 32 * 1024;

/** What is to be passed on: small pieces copied together, large ones as they are, holes as their lengths, so that none is held. A piece is valid until the next is asked for. */
export class Outgoing {
  #buffer = Buffer.allocUnsafe(bufferSize);
  /** What of the buffer has been lined up, and how far it is filled. */
  #lined = 0;
  #filled = 0;
  #line: (Uint8Array | number)[] = [];
  /** Buffers that are full and not passed on, and one that has been: memory that is asked for anew all the time is what V8 collects all the time. */
  #full: Buffer<ArrayBuffer>[] = [];
  #spare: Buffer<ArrayBuffer> | undefined;

  add(bytes: Uint8Array): void {
    if (isHole(bytes)) this.#addHole(bytes.length);
    else if (bytes.length >= large) {
      this.flush();
      this.#line.push(bytes);
    } else {
      if (this.#filled + bytes.length > bufferSize) this.#renew();
      this.#buffer.set(bytes, this.#filled);
      this.#filled += bytes.length;
    }
  }

  /** Lines up what has been copied together. */
  flush(): void {
    if (this.#filled > this.#lined) this.#line.push(this.#buffer.subarray(this.#lined, this.#filled));
    this.#lined = this.#filled;
  }

  *take(): Generator<Uint8Array> {
    if (this.#line.length === 0) return;
    const [line, full] = [this.#line, this.#full];
    this.#line = [];
    this.#full = [];
    for (const item of line) {
      if (typeof item === 'number') yield* zeroChunks(item);
      else yield item;
    }
    this.#spare ??= full.pop();
  }

  #addHole(length: number): void {
    this.flush();
    const last = this.#line.at(-1);
    if (typeof last === 'number') this.#line[this.#line.length - 1] = last + length;
    else this.#line.push(length);
  }

  #renew(): void {
    this.flush();
    this.#full.push(this.#buffer);
    this.#buffer = this.#spare ?? Buffer.allocUnsafe(bufferSize);
    this.#spare = undefined;
    this.#lined = 0;
    this.#filled = 0;
  }
}
