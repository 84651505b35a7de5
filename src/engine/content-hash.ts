import type { Hasher } from './engine.ts';
import { nodeEngine, sha256Of } from './node.ts';
import { isZeros, zeroChunks } from './zeros.ts';

/** Zeros are told apart in blocks of so many bytes, counted from the beginning of the contents. */
const blockSize = 1 << 16;

/** State: what is no block of zeros is hashed already, and where such blocks are; zeros that a block began with are held back. */
class ContentHash implements Hasher {
  readonly #between = nodeEngine.createHash('sha256');
  #runs: Hasher | undefined;
  /** The blocks of the last run of zeros. */
  #run = { start: 0, end: 0 };
  #length = 0;
  #held = 0;

  update(bytes: Uint8Array): void {
    let from = 0;
    for (let at = 0; at < bytes.length; ) {
      const within = this.#length % blockSize;
      const end = Math.min(bytes.length, at + blockSize - within);
      this.#length += end - at;
      if (this.#held === within && isZeros(bytes, at, end)) {
        this.#take(bytes.subarray(from, at));
        from = end;
        this.#hold(end - at);
      } else this.#release();
      at = end;
    }
    this.#take(bytes.subarray(from));
  }

  digest(): string {
    this.#release();
    const between = this.#between.digest();
    if (this.#runs === undefined) return between;
    this.#say(`${this.#run.start} ${this.#run.end}\n${this.#length} ${between}`);
    return this.#runs.digest();
  }

  #take(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#between.update(bytes);
  }

  #hold(count: number): void {
    this.#held += count;
    if (this.#held < blockSize) return;
    this.#held = 0;
    const block = this.#length / blockSize - 1;
    if (this.#runs === undefined) this.#run = { start: block, end: block };
    else if (block !== this.#run.end) {
      this.#say(`${this.#run.start} ${this.#run.end}\n`);
      this.#run.start = block;
    }
    this.#runs ??= nodeEngine.createHash('sha256');
    this.#run.end = block + 1;
  }

  #release(): void {
    for (const zeros of zeroChunks(this.#held)) this.#between.update(zeros);
    this.#held = 0;
  }

  #say(text: string): void {
    this.#runs?.update(Buffer.from(text));
  }
}

/**
 * What two contents are compared by, and nothing else: 256 bits in hexadecimal that are equal where the contents are, however
 * they are chunked. The sha256 of contents that have no block of zeros; else of the places of those blocks, the length and
 * the sha256 of what is between, so that a hole costs next to nothing.
 */
export const createContentHash = (): Hasher => new ContentHash();

/** The same of contents that are whole in memory. */
export function contentHashOf(bytes: Uint8Array): string {
  if (bytes.length < blockSize) return sha256Of(bytes);
  const hasher = createContentHash();
  hasher.update(bytes);
  return hasher.digest();
}
