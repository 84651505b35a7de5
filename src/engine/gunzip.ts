import { copyOf } from './bytes.ts';
import type { Bytes } from './engine.ts';
import { heldGunzip, openRawGunzip } from './held-gunzip.ts';
import { gunzipStream } from './node-gunzip.ts';

/** Compressed bytes from which on a thread of its own pays for a stream. */
const large = 1 << 22;

/** The first chunks of a stream, copied, until they are `large` or all there is. */
async function headOf(source: AsyncIterator<Uint8Array>): Promise<{ readonly head: Uint8Array[]; isWhole: boolean }> {
  const head: Uint8Array[] = [];
  for (let length = 0; length < large; ) {
    const { done, value } = await source.next();
    if (done === true) return { head, isWhole: true };
    head.push(copyOf(value));
    length += value.length;
  }
  return { head, isWhole: false };
}

async function* joined(head: Uint8Array[], source: AsyncIterator<Uint8Array>): Bytes {
  for (let chunk = head.shift(); chunk !== undefined; chunk = head.shift()) yield chunk;
  for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
}

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
