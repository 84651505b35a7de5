import { BitJoin } from './bit-join.ts';
import { Reblocker, reblock } from './bytes.ts';
import { Deflater, deflatedAtOnce } from './deflater.ts';
import type { Bytes, DeflateOptions } from './engine.ts';
import { gzipHeader, gzipTrailer } from './gzip-frame.ts';
import { type Spliced, Splicer } from './splice.ts';
import type { Taken } from './taken.ts';

/** Blocks that the thread pool deflates at once; more gain nothing. */
const inFlight = 4;

/** Pieces that may wait for those before them, of 1 MiB at most. */
const most = 32;

/** A piece that is there, or in the making: in an object of its own, as an asynchronous generator waits for each promise that it yields. */
interface Work {
  readonly piece: Promise<Uint8Array> | Uint8Array;
}

/** Deflates what is fresh of one stream, and joins what is taken to it. State: the block in the making, and the bits that make no byte yet. */
class Splicing {
  readonly #deflater: Deflater;
  readonly #join = new BitJoin();
  /** The oldest work that may be left looks at its own block. */
  readonly #blocks = new Reblocker(deflatedAtOnce, inFlight + 1);
  #isJoining = false;

  constructor(deflater: Deflater) {
    this.#deflater = deflater;
  }

  *add(part: Spliced): Generator<Work> {
    if (part.kind === 'fresh') {
      yield* this.#fresh(part.bytes);
      return;
    }
    if (!this.#blocks.isEmpty) yield this.#deflate(this.#blocks.take(), false);
    this.#isJoining = true;
    this.#deflater.pass(part.bytes);
    for (const piece of this.#join.add(part.deflated, part.from, part.to)) yield { piece };
  }

  *finish(): Generator<Work> {
    yield* this.#leave();
    yield this.#deflate(this.#blocks.take(), true);
  }

  *#fresh(bytes: Uint8Array): Generator<Work> {
    yield* this.#leave();
    for (const block of this.#blocks.add(bytes)) yield this.#deflate(block, false);
  }

  *#leave(): Generator<Work> {
    if (this.#isJoining) yield { piece: this.#join.end() };
    this.#isJoining = false;
  }

  #deflate(block: Uint8Array, last: boolean): Work {
    return { piece: this.#deflater.add(block, last) };
  }
}

async function* spliced(bytes: Bytes, deflater: Deflater, taken: Taken): AsyncGenerator<Work> {
  const splicer = new Splicer(taken);
  const splicing = new Splicing(deflater);
  for await (const chunk of bytes) for (const part of splicer.cut(chunk)) yield* splicing.add(part);
  for (const part of splicer.finish()) yield* splicing.add(part);
  yield* splicing.finish();
}

async function* deflated(bytes: Bytes, deflater: Deflater): AsyncGenerator<Work> {
  // The oldest work that may be left looks at its own block and at the end of the one before.
  for await (const { block, last } of reblock(bytes, deflatedAtOnce, inFlight))
    yield { piece: deflater.add(block, last) };
}

/** One gzip member, deflated in the thread pool, of blocks of one size; what is `taken` is as it was deflated before. */
export async function* gzip(bytes: Bytes, { level, taken }: DeflateOptions): Bytes {
  yield gzipHeader;
  const pending: Work[] = [];
  let inPool = 0;
  // What stands between pieces that are taken is short: to look at it first takes as long as to deflate it.
  const deflater = new Deflater(level, taken === undefined ? undefined : deflatedAtOnce);
  const works = taken === undefined ? deflated(bytes, deflater) : spliced(bytes, deflater, taken);
  for await (const work of works) {
    pending.push(work);
    if (work.piece instanceof Promise) inPool += 1;
    while (inPool >= inFlight || pending.length >= most) {
      const { piece } = pending.shift() as Work;
      if (piece instanceof Promise) inPool -= 1;
      yield await piece;
    }
  }
  for (const { piece } of pending) yield await piece;
  yield gzipTrailer(deflater.crc, deflater.length);
}
