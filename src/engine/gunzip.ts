import { blockGunzip } from './block-gunzip.ts';
import type { DeflatedBlocks } from './deflated-blocks.ts';
import type { Bytes } from './engine.ts';
import { headOf, joined } from './head.ts';
import { heldGunzip } from './held-gunzip.ts';
import { gunzipStream } from './node-gunzip.ts';
import { openRawGunzip } from './raw-gunzip.ts';

/** Inflates all members of a gzip stream: a small one at once, a large one in a thread of its own; in the pool where this Node has neither; in this one where `blocks` is told of its blocks. All end in the same errors. */
export async function* gunzip(bytes: Bytes, subject: string, blocks?: DeflatedBlocks): Bytes {
  const codec = blocks === undefined ? undefined : openRawGunzip();
  if (blocks !== undefined && codec !== undefined) {
    yield* blockGunzip(codec, bytes, { subject, blocks });
    return;
  }
  const source = bytes[Symbol.asyncIterator]();
  try {
    const { head, isWhole } = await headOf(source);
    const raw = isWhole ? openRawGunzip() : undefined;
    if (raw !== undefined) {
      yield* heldGunzip(raw, head, subject);
      return;
    }
    const again = joined(head, source);
    // Few commands need a thread, and all would wait for its module.
    const threads = isWhole ? undefined : await import('./threaded-gunzip.ts');
    yield* (threads?.canThread() === true ? threads.threadedGunzip : gunzipStream)(again, subject);
  } finally {
    await source.return?.();
  }
}
