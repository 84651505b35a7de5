import type { DeflatedBlocks } from './deflated-blocks.ts';
import type { Bytes } from './engine.ts';
import { checkGunzipEnd } from './gunzip-failure.ts';
import { gzipHeader, gzipTrailer } from './gzip-frame.ts';
import { flushes, newInflating } from './inflating.ts';
import type { RawCodec } from './raw-codec.ts';
import { openRawGunzip, slotsOf } from './raw-gunzip.ts';
import type { Chunk } from './ring.ts';
import { slotSize, told, toldSlotSize } from './told-blocks.ts';

async function* slotsHere(codec: RawCodec, inputs: Bytes, subject: string): AsyncGenerator<Chunk> {
  const state = newInflating(codec, slotSize);
  const slot = new Uint8Array(toldSlotSize);
  try {
    for await (const input of inputs) yield* slotsOf(state, input, { flush: flushes.toBlock, slot, subject });
    yield* slotsOf(state, new Uint8Array(0), { flush: flushes.finish, slot, subject });
  } finally {
    codec._handle.close();
  }
  checkGunzipEnd(subject, state);
}

/** Inflates all members of a gzip stream in this thread, telling `blocks` of its blocks. A chunk is valid until the next. Ends in the same errors as the other ways. */
export function blockGunzip(
  codec: RawCodec,
  bytes: Bytes,
  { subject, blocks }: { readonly subject: string; readonly blocks: DeflatedBlocks },
): Bytes {
  return told(bytes, blocks, inputs => slotsHere(codec, inputs, subject));
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
      codec._handle.writeSync(flushes.toBlock, sample, at, sample.length - at, slot, 0, slot.length);
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
