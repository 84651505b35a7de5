import { readFileSync, statSync } from 'node:fs';
import { invalid } from '../../errors.ts';
import { secretLimit } from '../../limits.ts';
import { onDisk } from './system-error.ts';

/** A small file of a caller's whole, a secret above all. Throws `invalid` where it is larger than `secretLimit`. */
export function readFileOf(path: string): Uint8Array {
  return onDisk(path, 'a file that can be read', () => {
    const { size } = statSync(path);
    if (size > secretLimit) throw invalid(path, `at most ${secretLimit} bytes`, `${size}`);
    return readFileSync(path);
  });
}
