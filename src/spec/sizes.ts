/** The bytes of some blobs together. */
export function sizeOf(blobs: Iterable<{ readonly size: number }>): number {
  let total = 0;
  for (const { size } of blobs) total += size;
  return total;
}
