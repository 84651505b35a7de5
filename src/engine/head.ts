import { copyOf } from './bytes.ts';
import type { Bytes } from './engine.ts';

/** The first chunks of a stream, copied, until there are so many bytes that it is a large one, or all there is. */
interface Head {
  readonly head: Uint8Array[];
  readonly isWhole: boolean;
}

export async function headOf(source: AsyncIterator<Uint8Array>, large: number): Promise<Head> {
  const head: Uint8Array[] = [];
  for (let length = 0; length < large; ) {
    const { done, value } = await source.next();
    if (done === true) return { head, isWhole: true };
    head.push(copyOf(value));
    length += value.length;
  }
  return { head, isWhole: false };
}

/** The whole stream again, its first chunks let go as they pass. */
export async function* joined(head: Uint8Array[], source: AsyncIterator<Uint8Array>): Bytes {
  for (let chunk = head.shift(); chunk !== undefined; chunk = head.shift()) yield chunk;
  for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
}
