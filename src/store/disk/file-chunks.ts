import { fstatSync, readSync } from 'node:fs';
import { zeroChunks } from '../../engine/zeros.ts';
import type { Native } from './native.ts';
import { systemCode } from './system-error.ts';

/** A run of bytes in a file: `size` bytes from `offset`. */
export interface Region {
  readonly offset: number;
  readonly size: number;
}

/** Bytes that are read sooner than the system says where holes are. */
const worthAsking = 1 << 16;

interface Run {
  readonly start: number;
  readonly end: number;
}

/** The next data from an offset on; undefined where only a hole is left. Of a file system that does not say, all is data. */
function nextData(native: Native, file: number, start: number): Run | undefined {
  try {
    const data = native.dataFrom(file, start);
    if (data === undefined || data.end > start) return data;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
  return { start, end: Number.MAX_SAFE_INTEGER };
}

/** The runs of a file that are no holes, in order, from an offset to an end. */
function* dataOf(file: number, { start, end }: Run, native: Native): Generator<Run> {
  for (let at = start; at < end; ) {
    const data = nextData(native, file, at);
    if (data === undefined) return;
    yield { start: data.start, end: Math.min(end, data.end) };
    at = data.end;
  }
}

/** Whether an open file may have holes: one that takes as much room as it has bytes has none. */
export function isSparse(file: number): boolean {
  const { blocks, size } = fstatSync(file);
  return blocks * 512 < size;
}

/** What of a region is in a file, and what of that is to be read. */
function planOf(
  file: number,
  { offset, size }: Region,
  native: Native | undefined,
): { end: number; data: Iterable<Run> } {
  const whole = { start: offset, end: offset + size };
  if (native === undefined || size < worthAsking || !isSparse(file)) return { end: whole.end, data: [whole] };
  const end = Math.min(whole.end, fstatSync(file).size);
  return { end, data: dataOf(file, { start: offset, end }, native) };
}

/**
 * The bytes of a region of an open file in chunks of up to 1 MiB, each valid until the next; fewer where the file ends before.
 * Holes are found by the native calls, and not read. Throws the file system's error.
 */
export function* fileChunks(
  file: number,
  region: Region,
  { buffer, native }: { readonly buffer: Uint8Array; readonly native: Native | undefined },
): Generator<Uint8Array> {
  const plan = planOf(file, region, native);
  let at = region.offset;
  for (const { start, end } of plan.data) {
    yield* zeroChunks(Math.min(start, plan.end) - at);
    for (at = start; at < end; ) {
      const length = readSync(file, buffer, 0, Math.min(buffer.length, end - at), at);
      if (length === 0) return;
      at += length;
      yield buffer.subarray(0, length);
    }
  }
  yield* zeroChunks(plan.end - at);
}
