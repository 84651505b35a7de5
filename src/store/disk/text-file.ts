import { closeSync, openSync, readSync } from 'node:fs';
import { invalid } from '../../errors.ts';
import { textFileLimit } from '../../limits.ts';
import { onDisk } from './system-error.ts';

/** At most `limit` bytes from the beginning of an open file. */
export function firstBytes(file: number, limit: number): Buffer {
  const bytes = Buffer.alloc(limit);
  let filled = 0;
  for (let count = -1; count !== 0 && filled < limit; filled += count)
    count = readSync(file, bytes, filled, limit - filled, null);
  return bytes.subarray(0, filled);
}

/** A small text file or pipe of the user's own. Throws `invalid` where it is larger than `textFileLimit`, be it without end. */
export function readTextFile(path: string): string {
  const bytes = onDisk(path, 'a text file', () => {
    const file = openSync(path, 'r');
    try {
      return firstBytes(file, textFileLimit + 1);
    } finally {
      closeSync(file);
    }
  });
  if (bytes.length > textFileLimit) throw invalid(path, `at most ${textFileLimit} bytes`, 'more');
  return bytes.toString('utf8');
}
