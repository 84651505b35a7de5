import { createGunzip } from 'node:zlib';
import { checkGunzipEnd, gunzipFailure } from './gunzip-failure.ts';
import { type RawCodec, rawCodecOf } from './raw-codec.ts';

const slotSize = 1 << 18;
const [goOn, finish] = [0, 4];

/** Node's gunzip without its stream, or undefined where this Node has it otherwise: it is not public. */
export const openRawGunzip = (): RawCodec | undefined => rawCodecOf(createGunzip());

/** What one chunk inflates to, in pieces of one buffer; answers what zlib left of it after a member that zeros follow. */
function* inflateChunk(
  { _handle: handle, _writeState: after }: RawCodec,
  bytes: Uint8Array,
  options: { readonly flush: number; readonly slot: Uint8Array; readonly check: () => void },
): Generator<Uint8Array, Uint8Array | undefined> {
  const { flush, slot, check } = options;
  for (let left = bytes.length; ; ) {
    handle.writeSync(flush, bytes, bytes.length - left, left, slot, 0, slot.length);
    check();
    const [free, unread] = [after[0] as number, after[1] as number];
    if (free < slot.length) yield slot.subarray(0, slot.length - free);
    left = unread;
    if (free > 0) return left > 0 ? bytes.subarray(bytes.length - left) : undefined;
  }
}

/**
 * Inflates all members of a gzip stream whose compressed bytes are held, at once: for small ones, which would spend their
 * time going to another thread and back. A chunk is valid until the next. Ends in the same errors as the other ways.
 */
export function* heldGunzip(gunzip: RawCodec, chunks: readonly Uint8Array[], subject: string): Generator<Uint8Array> {
  const slot = new Uint8Array(slotSize);
  let offset = 0;
  let failure: { readonly code: string; readonly message: string } | undefined;
  gunzip._handle.onerror = (message, _errno, code) => {
    failure = { code, message };
  };
  const check = (): void => {
    if (failure !== undefined) throw gunzipFailure(subject, { offset, ...failure });
  };
  let [ended, followed] = [false, false];
  try {
    for (const bytes of [...chunks, new Uint8Array(0)]) {
      offset += bytes.length;
      const flush = bytes.length === 0 ? finish : goOn;
      const rest = ended ? bytes : yield* inflateChunk(gunzip, bytes, { flush, slot, check });
      ended ||= rest !== undefined;
      followed ||= rest?.some(byte => byte !== 0) === true;
    }
  } finally {
    gunzip._handle.close();
  }
  checkGunzipEnd(subject, { offset, followed });
}
