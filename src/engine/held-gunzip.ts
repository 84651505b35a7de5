import type { RawCodec } from './raw-codec.ts';
import { finish, RawGunzip } from './raw-gunzip.ts';

const slotSize = 1 << 18;
const goOn = 0;

/** What one chunk inflates to, in pieces of one buffer; answers what zlib left of it after a member that zeros follow. */
function* inflateChunk(
  gunzip: RawGunzip,
  bytes: Uint8Array,
  { flush, slot }: { readonly flush: number; readonly slot: Uint8Array },
): Generator<Uint8Array, Uint8Array | undefined> {
  for (let left = bytes.length; ; ) {
    const { free, unread } = gunzip.call(flush, { bytes, at: bytes.length - left }, { bytes: slot, at: 0 });
    if (free < slot.length) yield slot.subarray(0, slot.length - free);
    left = unread;
    if (free > 0) return left > 0 ? bytes.subarray(bytes.length - left) : undefined;
  }
}

/**
 * Inflates all members of a gzip stream whose compressed bytes are held, at once: for small ones, which would spend their
 * time going to another thread and back. A chunk is valid until the next. Ends in the same errors as the other ways.
 */
export function* heldGunzip(codec: RawCodec, chunks: readonly Uint8Array[], subject: string): Generator<Uint8Array> {
  const slot = new Uint8Array(slotSize);
  const gunzip = new RawGunzip(codec, subject);
  try {
    for (const chunk of [...chunks, new Uint8Array(0)]) {
      const flush = chunk.length === 0 ? finish : goOn;
      yield* gunzip.take(chunk, bytes => inflateChunk(gunzip, bytes, { flush, slot }));
    }
  } finally {
    gunzip.close();
  }
  gunzip.checkEnd();
}
