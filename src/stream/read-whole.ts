import type { Bytes } from '../engine/engine.ts';
import { invalid } from '../errors.ts';
import { documentLimit } from '../limits.ts';

/** A small stream of known size whole. Throws `invalid` where it is larger than `limit` bytes, before anything is read. */
export async function readWhole(
  open: () => Bytes,
  { size }: { readonly size: number },
  options: { readonly limit?: number | undefined; readonly subject: string },
): Promise<Uint8Array> {
  const { limit = documentLimit, subject } = options;
  if (size > limit) throw invalid(subject, `a size of at most ${limit} bytes`, `${size}`);
  const whole = new Uint8Array(size);
  let position = 0;
  for await (const chunk of open()) {
    whole.set(chunk, position);
    position += chunk.length;
  }
  return whole;
}
