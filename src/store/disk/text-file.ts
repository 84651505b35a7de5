import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
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

const whatItIs = (found: Stats): string => (found.isFIFO() ? 'a pipe' : 'a device');

/**
 * A small text file, or a pipe where the caller has `named` it; what was only `found` somewhere must be a file: nobody may write to a pipe. Throws
 * `invalid` where it is larger than `textFileLimit`, be it without end.
 */
export function readTextFile(path: string, how: 'named' | 'found' = 'named'): string {
  const bytes = onDisk(path, 'a text file', () => {
    const file = openSync(path, how === 'named' ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = fstatSync(file);
      if (how === 'found' && !found.isFile() && !found.isDirectory())
        throw invalid(path, 'a text file', whatItIs(found));
      return firstBytes(file, textFileLimit + 1);
    } finally {
      closeSync(file);
    }
  });
  if (bytes.length > textFileLimit) throw invalid(path, `at most ${textFileLimit} bytes`, 'more');
  return bytes.toString('utf8');
}
