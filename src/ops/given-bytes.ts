import type { Bytes } from '../engine/engine.ts';
import { gotOf, usage } from '../errors.ts';
import { stoppable } from '../stream/stoppable.ts';

/** Whether a value is bytes, of whatever realm: a test runner has its own `Uint8Array`, and Node's streams have Node's. */
const areBytes = (value: unknown): boolean =>
  ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.toStringTag] === 'Uint8Array';

/** Whether a caller gives bytes as they come. */
export const isGivenStream = (value: unknown): value is Bytes =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

/**
 * A caller's own stream, which every function takes through here: a signal ends it even while it gives nothing, and what it gives is bytes.
 * A stream that has an encoding gives text, whose bytes nobody knows any more. `name` is the argument that it is. Throws `usage`.
 */
export async function* givenBytes(bytes: Bytes, name: string, signal: AbortSignal | undefined): Bytes {
  for await (const chunk of stoppable(bytes, signal)) {
    if (!areBytes(chunk))
      throw usage(
        name,
        `expected a stream of bytes (Uint8Array), got ${gotOf(chunk)} in it`,
        typeof chunk === 'string' ? 'a stream that has no encoding set gives bytes' : undefined,
      );
    yield chunk;
  }
}
