import { copyOf, reblock } from './bytes.ts';
import type { DeflatedBlocks, Step } from './deflated-blocks.ts';
import type { Bytes } from './engine.ts';
import { kinds } from './inflating.ts';
import type { Chunk } from './ring.ts';

/** What goes in and what comes out at once: of fixed sizes, so that the steps depend on the stream alone and not on how it is read. */
export const inputSize: number = 1 << 20;
export const slotSize: number = 1 << 20;
/** Steps that a slot has room for. Usual blocks need some dozens, the smallest that zlib makes eight thousand; memory that is not written to is not used. */
const steps = 1 << 14;
/** A slot with its steps behind it. */
export const toldSlotSize: number = slotSize + (1 + 3 * steps) * Float64Array.BYTES_PER_ELEMENT;

const afters = ['one', 'some', 'other'] as const;

/** The steps behind a slot. */
function* stepsBehind({ buffer, byteOffset }: Uint8Array): Generator<Step> {
  const words = new Float64Array(buffer, byteOffset + slotSize);
  for (let at = 1; at <= 3 * (words[0] as number); at += 3) {
    const after = afters[words[at + 2] as number] as Step['after'];
    yield { raw: words[at] as number, deflated: words[at + 1] as number, after };
  }
}

/**
 * What comes of a stream, telling `blocks` of its blocks: `inflate` makes slots of inputs, in this thread or in another, where inputs
 * are asked for ahead. Either way `blocks` is told of an input when the first slot of it is there, and of a slot before that is passed on.
 */
export async function* told(
  bytes: Bytes,
  blocks: DeflatedBlocks,
  inflate: (inputs: Bytes) => AsyncIterable<Chunk>,
): Bytes {
  const ahead: Uint8Array[] = [];
  /** What has been let go, and is used again. */
  const spare: Uint8Array[] = [];
  async function* inputs(): Bytes {
    for await (const { block } of reblock(bytes, inputSize, 0)) {
      if (block.length === 0) continue;
      const room = spare.pop();
      room?.set(block);
      const input = room?.subarray(0, block.length) ?? copyOf(block);
      ahead.push(input);
      yield input;
    }
  }
  let raw = 0;
  let before: number = kinds.used;
  for await (const { bytes: slot, kind } of inflate(inputs())) {
    const input = before === kinds.used ? ahead.shift() : undefined;
    if (input !== undefined) blocks.give(input);
    before = kind;
    for (const step of stepsBehind(slot)) blocks.step(step);
    raw += slot.length;
    for (const one of blocks.reach(raw)) spare.push(one);
    if (slot.length > 0) yield slot;
  }
}
