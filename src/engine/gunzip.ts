import type { Bytes } from './engine.ts';
import { headOf, joined } from './head.ts';
import { heldGunzip, openRawGunzip } from './held-gunzip.ts';
import { gunzipStream } from './node-gunzip.ts';

/** Inflates all members of a gzip stream: a small one at once, a large one in a thread of its own; in the pool where this Node has neither. All end in the same errors. */
export async function* gunzip(bytes: Bytes, subject: string): Bytes {
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
