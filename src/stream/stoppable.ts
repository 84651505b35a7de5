import type { Bytes } from '../engine/engine.ts';

/**
 * A caller's own stream, which a signal ends even while it gives nothing: a pipe whose writer stands still. It is told, and not
 * waited for.
 */
export async function* stoppable(bytes: Bytes, signal: AbortSignal | undefined): Bytes {
  if (signal === undefined) return yield* bytes;
  signal.throwIfAborted();
  const source = bytes[Symbol.asyncIterator]();
  let stop: (reason: unknown) => void = () => undefined;
  const stopped = (): void => stop(signal.reason);
  signal.addEventListener('abort', stopped);
  try {
    for (;;) {
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        stop = reject;
        source.next().then(resolve, reject);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', stopped);
    const left = source.return?.();
    if (signal.aborted) left?.catch(() => undefined);
    else await left;
  }
}
