import type { Bytes } from '../../engine/engine.ts';
import { invalid, OciError } from '../../errors.ts';
import { collected } from '../drained.ts';

/** Bytes that a target takes of a stream: what small inputs may grow to (holes, zeros) is passed on and never held, so its end tells nothing more. */
export const enough: number = 8 << 20;

/** A stream that ends in an error where it is longer. */
export async function* limited(bytes: Bytes): Bytes {
  let length = 0;
  for await (const chunk of bytes) {
    length += chunk.length;
    if (length > enough) throw invalid('fuzz', `at most ${enough} bytes`, 'more');
    yield chunk;
  }
}

/** All of a stream, or undefined where something is wrong with it. */
export async function outputOf(bytes: Bytes): Promise<Buffer | undefined> {
  try {
    return Buffer.from(await collected(limited(bytes)));
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return undefined;
  }
}
