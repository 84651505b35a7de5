import type { Bytes } from '../engine/engine.ts';

/** What a caller's own promise comes to, which a signal ends the waiting for. */
export async function unlessStopped<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return answer;
  signal.throwIfAborted();
  let stopped = (): void => undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      stopped = () => reject(signal.reason);
      signal.addEventListener('abort', stopped);
      answer.then(resolve, reject);
    });
  } finally {
    signal.removeEventListener('abort', stopped);
  }
}

/**
 * A caller's own stream, which a signal ends even while it gives nothing: a pipe whose writer stands still. It is told, and not
 * waited for.
 */
export async function* stoppable(bytes: Bytes, signal: AbortSignal | undefined): Bytes {
  if (signal === undefined) return yield* bytes;
  signal.throwIfAborted();
  const source = bytes[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await unlessStopped(source.next(), signal);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    const left = source.return?.();
    if (signal.aborted) left?.catch(() => undefined);
    else await left;
  }
}
