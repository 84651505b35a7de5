/** A stream's result once it has been read to its end: how long it was instead of its bytes. */
export async function drained(result: {
  readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}): Promise<object> {
  const { bytes, ...rest } = result;
  let length = 0;
  for await (const chunk of bytes) length += chunk.length;
  return { ...rest, length };
}
