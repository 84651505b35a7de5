import { copyOf } from '../engine/bytes.ts';
import type { Bytes } from '../engine/engine.ts';

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? (parts[0] as Uint8Array) : new Uint8Array(Buffer.concat(parts));
}

/** How a stream begins, and the stream again from its beginning, to be read once. `close` ends it, read or not. */
interface Peeked {
  readonly head: Uint8Array;
  readonly whole: Bytes;
  close(): Promise<void>;
}

/** Looks at the first `size` bytes of a stream: `head` holds more of them or, where the stream ends, fewer. */
export async function peek(bytes: Bytes, size: number): Promise<Peeked> {
  const iterator = bytes[Symbol.asyncIterator]();
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length < size) {
    const next = await iterator.next();
    if (next.done === true) break;
    // The source reuses its buffer.
    parts.push(copyOf(next.value));
    length += next.value.length;
  }
  const head = joined(parts);
  const rest = { [Symbol.asyncIterator]: () => iterator };
  const whole = async function* (): Bytes {
    if (head.length > 0) yield head;
    yield* rest;
  };
  return {
    head,
    whole: whole(),
    async close() {
      await iterator.return?.();
    },
  };
}
