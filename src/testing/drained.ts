/** A stream's result once it has been read to its end: how long it was instead of its bytes. */
export async function drained(result: {
  readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}): Promise<object> {
  const { bytes, ...rest } = result;
  let length = 0;
  for await (const chunk of bytes) length += chunk.length;
  return { ...rest, length };
}

/** All bytes of a stream; each chunk is copied as it comes, since its source may use it again. */
export async function collected(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(Uint8Array.from(part));
  return Buffer.concat(parts);
}
