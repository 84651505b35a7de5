import type { Bytes } from '../engine/engine.ts';
import { Pace, type Work } from './pace.ts';

/** The same bytes, counted into `progress` as they pass; the event loop turns, and a signal ends them. Every verb's bytes pass through here. */
export async function* flow(bytes: Bytes | Iterable<Uint8Array>, work: Work): Bytes {
  const { signal, progress } = work;
  const pace = new Pace(signal);
  signal?.throwIfAborted();
  for await (const chunk of bytes) {
    if (progress !== undefined) progress.bytes += chunk.length;
    const turn = pace.spend(chunk.length);
    if (turn !== undefined) await turn;
    yield chunk;
  }
}
