import { readSync } from 'node:fs';
import { invalid } from '../../errors.ts';
import { onDisk } from './system-error.ts';

const chunkSize = 1024 * 1024;

/** A run of bytes in a file: `size` bytes from `offset`. */
export interface Region {
  readonly offset: number;
  readonly size: number;
}

/** The bytes of a region of an open file in chunks of up to 1 MiB, each valid until the next. Throws `invalid` where the file ends before them. */
export function* regionChunks(file: number, { offset, size }: Region, subject: string): Iterable<Uint8Array> {
  const buffer = new Uint8Array(Math.min(chunkSize, size));
  for (let position = 0; position < size; ) {
    const wanted = Math.min(buffer.length, size - position);
    const count = onDisk(subject, 'a blob that can be read', () =>
      readSync(file, buffer, 0, wanted, offset + position),
    );
    if (count === 0) throw invalid(subject, `a size of ${size} bytes`, `${position}`);
    yield buffer.subarray(0, count);
    position += count;
  }
}
