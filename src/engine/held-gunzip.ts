import { checkGunzipEnd } from './gunzip-failure.ts';
import { flushes, newInflating } from './inflating.ts';
import type { RawCodec } from './raw-codec.ts';
import { slotsOf } from './raw-gunzip.ts';

const slotSize = 1 << 18;

/**
 * Inflates all members of a gzip stream whose compressed bytes are held, at once: for small ones, which would spend their
 * time going to another thread and back. A chunk is valid until the next. Ends in the same errors as the other ways.
 */
export function* heldGunzip(codec: RawCodec, chunks: readonly Uint8Array[], subject: string): Generator<Uint8Array> {
  const slot = new Uint8Array(slotSize);
  const state = newInflating(codec);
  try {
    for (const chunk of [...chunks, new Uint8Array(0)]) {
      const flush = chunk.length === 0 ? flushes.finish : flushes.goOn;
      for (const { bytes } of slotsOf(state, chunk, { flush, slot, subject })) if (bytes.length > 0) yield bytes;
    }
  } finally {
    codec._handle.close();
  }
  checkGunzipEnd(subject, state);
}
