import { copyOf, reblock } from './bytes.ts';
import type { DeflatedBlocks } from './deflated-blocks.ts';
import type { Bytes } from './engine.ts';
import { gzipHeader, gzipTrailer } from './gzip-frame.ts';
import type { RawCodec } from './raw-codec.ts';
import { finish, openRawGunzip, RawGunzip } from './raw-gunzip.ts';

/** What goes in and what comes out at once: of fixed sizes, so that the steps depend on the stream alone and not on how it is read. */
const [inputSize, slotSize] = [1 << 20, 1 << 20];
/** Ends between two blocks. */
const toBlock = 5;
/** A gzip member's trailer has as many bytes (RFC 1952): what is shorter is of blocks. */
const trailerSize = 8;

/** Inflates one stream and tells of its blocks. State: where zlib stands. */
class BlockInflater {
  readonly #gunzip: RawGunzip;
  readonly #blocks: DeflatedBlocks;
  readonly #slot = Buffer.allocUnsafe(slotSize);
  #filled = 0;
  /** Bytes that went in and came out, also before the last step. */
  #deflated = 0;
  #raw = 0;
  #before = { deflated: 0, raw: 0 };
  /** Calls since the last step: one that ended for want of room or of bytes may have ended between two blocks as well, and nothing tells. */
  #calls = 0;
  /** Whether nothing came out of one of them. */
  #wasEmpty = false;

  constructor(gunzip: RawGunzip, blocks: DeflatedBlocks) {
    this.#gunzip = gunzip;
    this.#blocks = blocks;
  }

  /** What these bytes come to; answers what is left of them after a member that zeros follow. */
  *inflate(bytes: Uint8Array, flush: number): Generator<Uint8Array, Uint8Array | undefined> {
    for (let left = bytes.length; ; ) {
      const room = slotSize - this.#filled;
      const output = { bytes: this.#slot, at: this.#filled };
      const { free, unread } = this.#gunzip.call(flush, { bytes, at: bytes.length - left }, output);
      const [out, taken] = [room - free, left - unread];
      this.#filled += out;
      this.#raw += out;
      this.#deflated += taken;
      this.#calls += 1;
      this.#wasEmpty ||= out === 0;
      left = unread;
      if (free > 0 && left > 0) {
        if (out === 0 && taken === 0) return bytes.subarray(bytes.length - left);
        this.#step();
      } else if (free > 0) return undefined;
      else yield* this.take();
    }
  }

  *take(): Generator<Uint8Array> {
    this.#blocks.reach(this.#raw);
    if (this.#filled > 0) yield this.#slot.subarray(0, this.#filled);
    this.#filled = 0;
  }

  /** The last call ended between two blocks. */
  #step(): void {
    const { raw, deflated } = this.#before;
    const isOne = this.#calls === 1;
    // Whatever else there is comes alone, so that nothing comes out, and is longer.
    const isOfBlocks = !this.#wasEmpty || (isOne && this.#deflated - deflated < trailerSize);
    const after = !isOfBlocks ? 'other' : isOne && raw < this.#raw ? 'one' : 'some';
    this.#before = { raw: this.#raw, deflated: this.#deflated };
    this.#blocks.step({ ...this.#before, after });
    this.#calls = 0;
    this.#wasEmpty = false;
  }
}

/** Inflates all members of a gzip stream in this thread, telling `blocks` of its blocks. A chunk is valid until the next. Ends in the same errors as the other ways. */
export async function* blockGunzip(
  codec: RawCodec,
  bytes: Bytes,
  given: { readonly subject: string; readonly blocks: DeflatedBlocks },
): Bytes {
  const { subject, blocks } = given;
  const gunzip = new RawGunzip(codec, subject);
  const inflater = new BlockInflater(gunzip, blocks);
  try {
    for await (const { block } of reblock(bytes, inputSize, 0)) {
      const input = copyOf(block);
      blocks.give(input);
      yield* gunzip.take(input, all => inflater.inflate(all, toBlock));
      yield* inflater.take();
    }
    yield* gunzip.take(new Uint8Array(0), none => inflater.inflate(none, finish));
    yield* inflater.take();
  } finally {
    gunzip.close();
  }
  gunzip.checkEnd();
}

/** Two empty blocks, the last of all, and what is around them in a gzip stream; and where zlib is to stop. */
const sample = Uint8Array.from([
  ...gzipHeader,
  ...[0, 0, 0, 0xff, 0xff],
  ...[1, 0, 0, 0xff, 0xff],
  ...gzipTrailer(0, 0),
]);
const stops = [10, 15, 20] as const;

function stopsBetween(codec: RawCodec): boolean {
  const slot = new Uint8Array(1);
  let at = 0;
  try {
    return stops.every(stop => {
      codec._handle.writeSync(toBlock, sample, at, sample.length - at, slot, 0, slot.length);
      at = sample.length - (codec._writeState[1] as number);
      return at === stop;
    });
  } catch {
    return false;
  } finally {
    codec._handle.close();
  }
}

let known: boolean | undefined;

/** Whether this runtime tells blocks: it has what is not public of Node's zlib, and that ends between them. */
export function tellsBlocks(): boolean {
  if (known !== undefined) return known;
  const codec = openRawGunzip();
  known = codec !== undefined && stopsBetween(codec);
  return known;
}
