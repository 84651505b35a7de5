import { usage } from '../errors.ts';
import type { Io } from './io.ts';

/** Standard input. A pipe that brings nothing is a command before it that failed: throws `usage`, unless that is what is meant. */
export async function* filledStdin(
  io: Io,
  {
    expected,
    hint,
    mayBeEmpty = false,
  }: { readonly expected: string; readonly hint: string; readonly mayBeEmpty?: boolean },
): AsyncIterable<Uint8Array> {
  let length = 0;
  for await (const chunk of io.stdin()) {
    length += chunk.length;
    yield chunk;
  }
  if (length === 0 && !mayBeEmpty) throw usage('stdin', `expected ${expected}, got nothing`, hint);
}
