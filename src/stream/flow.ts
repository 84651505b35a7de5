import type { Bytes } from '../engine/engine.ts';
import { Pace, type Work } from './pace.ts';

/**
 * The same bytes, counted into `progress` as they pass; the event loop turns, and a signal ends them. Every verb's bytes pass through here. `beside` says what
 * it cost to make a chunk, in bytes as `Pace` has them, where that is more than the chunk's own.
 */
export async function* flow(bytes: Bytes | Iterable<Uint8Array>, work: Work, beside: () => number = () => 0): Bytes {
  const { signal, progress } = work;
  const pace = new Pace(signal);
  signal?.throwIfAborted();
  for await (const chunk of bytes) {
    if (progress !== undefined) progress.bytes += chunk.length;
    const turn = pace.spend(chunk.length + beside());
    if (turn !== undefined) await turn;
    yield chunk;
  }
}
