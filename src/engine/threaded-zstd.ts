import { availableParallelism } from 'node:os';
import { canBatch } from './batch-thread.ts';
import type { Bytes } from './engine.ts';
import { nodeZstdEncoder, openRawZstd } from './node-zstd-encoder.ts';
import { freeSlot, newRing, publish } from './ring.ts';
import { canWait, RingThread } from './ring-thread.ts';
import { wasmZstdUrl } from './wasm-zstd.ts';
import { frameRoom, frameSize, type ZstdEncoder, type ZstdOptions } from './zstd-encoder.ts';
import { nodeZstdProgram, wasmZstdProgram } from './zstd-worker.ts';

/** More threads would wait: at the usual level four compress, even in WebAssembly, what one thread inflates and another hashes. And each takes up memory. */
const mostThreads = 4;
/** From here on a frame takes ten times as long as at the usual level, and more. */
const slowLevel = 13;
/** Frames that may wait to be taken from a thread. */
const outputSlots = 2;

/** What a thread runs, and knows. */
interface ZstdProgram {
  readonly program: string;
  /** Pieces that wait for a thread or are read by it: it has another than the one that it compresses, which the WebAssembly copies into its own memory. */
  readonly slots: number;
  readonly data: { readonly level: number; readonly url?: string | undefined };
}

/** What threads of an encoder run, or undefined where it has none: Node's own stands on parts of zlib's streams that are not public, the other on a file. */
export function zstdProgramOf(name: ZstdEncoder['name'], level: number): ZstdProgram | undefined {
  if (!canBatch || !canWait) return undefined;
  if (name === 'wasm') {
    const url = wasmZstdUrl();
    return url === undefined ? undefined : { program: wasmZstdProgram, slots: 1, data: { level, url } };
  }
  const raw = openRawZstd();
  raw?._handle.close();
  return raw === undefined ? undefined : { program: nodeZstdProgram, slots: 2, data: { level } };
}

/** Threads that take pieces in turn: the first piece is the first one's, the next one the second's. Each is started for its first piece. State: those that are there. */
export class ZstdThreads {
  readonly #program: ZstdProgram;
  readonly #threads: RingThread[] = [];
  #most: number;

  /** As many as there are cores, if not said otherwise. Throws where none can be started. */
  constructor(program: ZstdProgram, most: number = Math.min(availableParallelism(), mostThreads)) {
    this.#program = program;
    this.#most = most;
    this.#start();
  }

  /** The one that has the piece of that turn. */
  ofTurn(turn: number): RingThread {
    if (turn === this.#threads.length && turn < this.#most) {
      try {
        this.#start();
      } catch {
        this.#most = turn;
      }
    }
    return this.#threads[turn % this.#threads.length] as RingThread;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(thread => thread.close()));
  }

  #start(): void {
    const { program, slots, data } = this.#program;
    const rings = { input: newRing(slots, frameSize), output: newRing(outputSlots, frameRoom(frameSize)) };
    this.#threads.push(new RingThread(program, rings, data));
  }
}

/** Fills pieces from a stream. State: the bytes that did not fit. */
class Pieces {
  readonly #source: AsyncIterator<Uint8Array>;
  #waiting: Uint8Array = new Uint8Array(0);
  isOver = false;

  constructor(source: AsyncIterator<Uint8Array>) {
    this.#source = source;
  }

  /** How many bytes there were: fewer than there is room for at the end alone. */
  async fill(room: Uint8Array): Promise<number> {
    for (let filled = 0; ; ) {
      const part = this.#waiting.subarray(0, room.length - filled);
      room.set(part, filled);
      filled += part.length;
      this.#waiting = this.#waiting.subarray(part.length);
      if (filled === room.length) return filled;
      const { done, value } = await this.#source.next();
      if (done === true) {
        this.isOver = true;
        return filled;
      }
      this.#waiting = value;
    }
  }
}

/**
 * The frames of a stream, made by threads, which are ended with it. A frame is taken in its turn, so that no more pieces are there than threads have slots.
 * It is valid until the next.
 */
export async function* threadedZstd(bytes: Bytes, threads: ZstdThreads, signal?: AbortSignal): Bytes {
  const source = bytes[Symbol.asyncIterator]();
  const pieces = new Pieces(source);
  const stop = (): void => void threads.close();
  signal?.addEventListener('abort', stop);
  try {
    for (let [given, taken] = [0, 0]; !pieces.isOver || taken < given; ) {
      const { input } = threads.ofTurn(given).rings;
      const room = pieces.isOver ? undefined : freeSlot(input);
      const length = room === undefined ? 0 : await pieces.fill(room);
      // No bytes at all are a frame as well.
      if (length > 0 || given === 0) {
        publish(input, length, 0);
        given++;
      }
      if (taken === given) continue;
      const oldest = threads.ofTurn(taken);
      // While there is room for pieces, only a frame that is there already is passed on.
      const frame = room === undefined ? await oldest.next() : oldest.held();
      if (frame === undefined) continue;
      yield frame.bytes;
      oldest.release();
      taken++;
    }
  } catch (error) {
    // A thread that is ended is why a frame is missed.
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await threads.close();
    if (!pieces.isOver) await source.return?.();
  }
}

/**
 * The same, where threads can be had, else undefined. At the highest levels by the WebAssembly, which takes hardly longer there and ends where it is told to:
 * native code ends its frame first, and that takes seconds.
 */
export function withZstdThreads(bytes: Bytes, { level, signal }: ZstdOptions): Bytes | undefined {
  const own = nodeZstdEncoder() === undefined ? undefined : zstdProgramOf('node', level);
  const program = level < slowLevel ? (own ?? zstdProgramOf('wasm', level)) : (zstdProgramOf('wasm', level) ?? own);
  if (program === undefined) return undefined;
  try {
    return threadedZstd(bytes, new ZstdThreads(program), signal);
  } catch {
    return undefined;
  }
}
