import { blockGunzip } from './block-gunzip.ts';
import type { DeflatedBlocks } from './deflated-blocks.ts';
import type { Bytes } from './engine.ts';
import { headOf, joined } from './head.ts';
import { heldGunzip } from './held-gunzip.ts';
import { gunzipStream } from './node-gunzip.ts';
import { openRawGunzip } from './raw-gunzip.ts';

/** Bytes of a stream from which on a thread of its own pays for it: starting one takes longer than a smaller one does. */
const large = 1 << 22;

/**
 * Inflates all members of a gzip stream: a small one at once, a large one in a thread of its own; in the pool where this Node has
 * neither. `blocks` is told of its blocks either way, where `tellsBlocks`. All end in the same errors.
 */
export async function* gunzip(bytes: Bytes, subject: string, blocks?: DeflatedBlocks): Bytes {
  const source = bytes[Symbol.asyncIterator]();
  try {
    const { head, isWhole } = await headOf(source, large);
    const again = joined(head, source);
    // Few commands need a thread, and all would wait for its module.
    const threads = isWhole ? undefined : await import('./threaded-gunzip.ts');
    if (threads?.canThread() === true) {
      yield* blocks === undefined
        ? threads.threadedGunzip(again, subject)
        : threads.threadedBlockGunzip(again, { subject, blocks });
      return;
    }
    const raw = isWhole || blocks !== undefined ? openRawGunzip() : undefined;
    if (raw === undefined) yield* gunzipStream(again, subject);
    else if (blocks !== undefined) yield* blockGunzip(raw, again, { subject, blocks });
    else yield* heldGunzip(raw, head, subject);
  } finally {
    await source.return?.();
  }
}
