/** Bytes of a file from one offset to another. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A file's contents of which some are not there: what stands in their place says nothing. */
export interface PartialBody {
  readonly bytes: Uint8Array;
  /** In order. */
  readonly missing: readonly Span[];
}

/** Whether some of these bytes are not there. */
export const lacks = (missing: readonly Span[], { start, end }: Span): boolean =>
  missing.some(span => span.start < end && start < span.end);

/** Copies what comes at an offset of a file to where it belongs, without what is to be missing. */
export function copyPresent({ bytes, missing }: PartialBody, chunk: Uint8Array, offset: number): void {
  const end = offset + chunk.length;
  let at = offset;
  for (const span of missing) {
    if (span.start >= end) break;
    if (span.start > at) bytes.set(chunk.subarray(at - offset, span.start - offset), at);
    at = Math.max(at, span.end);
  }
  if (at < end) bytes.set(chunk.subarray(at - offset), at);
}
