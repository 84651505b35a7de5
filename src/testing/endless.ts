import type { Bytes } from '../engine/engine.ts';

/** A source that gives a chunk for ever, and whether who read it has left. */
export function endless(chunk: Uint8Array): { readonly source: Bytes; readonly isLeft: () => boolean } {
  let isLeft = false;
  async function* chunks(): Bytes {
    try {
      for (;;) yield chunk;
    } finally {
      isLeft = true;
    }
  }
  return { source: chunks(), isLeft: () => isLeft };
}
