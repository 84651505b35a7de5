import { createGunzip } from 'node:zlib';
import { gunzipFailure } from './gunzip-failure.ts';
import { fillSlot, type Inflating, kinds, useBytes, useSlot } from './inflating.ts';
import { type RawCodec, rawCodecOf } from './raw-codec.ts';
import type { Chunk } from './ring.ts';

/** Node's gunzip without its stream, or undefined where this Node has it otherwise: it is not public. */
export const openRawGunzip = (): RawCodec | undefined => rawCodecOf(createGunzip());

/** What a stream's next bytes come to, inflated in this thread, slot by slot. Throws what zlib has against them. */
export function* slotsOf(
  state: Inflating,
  bytes: Uint8Array,
  { flush, slot, subject }: { readonly flush: number; readonly slot: Uint8Array; readonly subject: string },
): Generator<Chunk> {
  useBytes(state, bytes, flush);
  for (let kind: number = kinds.bytes; kind === kinds.bytes; ) {
    useSlot(state, slot);
    if (!fillSlot(state)) kind = kinds.used;
    if (state.failure !== undefined) throw gunzipFailure(subject, { offset: state.offset, ...state.failure });
    yield { bytes: state.slot.subarray(0, state.filled), kind };
  }
}
