import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { invalid } from '../../errors.ts';
import { secretLimit } from '../../limits.ts';
import { onDisk } from './system-error.ts';
import { firstBytes } from './text-file.ts';

/** Throws for what is not there or cannot be read, before anybody needs it. */
export function checkReadable(path: string): void {
  onDisk(path, 'a file that can be read', () => accessSync(path, constants.R_OK));
}

/** A small file or pipe of a caller's whole, a secret above all. Throws `invalid` where it is larger than `secretLimit`, be it without end. */
export function readFileOf(path: string): Uint8Array {
  const bytes = onDisk(path, 'a file that can be read', () => {
    const file = openSync(path, 'r');
    try {
      return firstBytes(file, secretLimit + 1);
    } finally {
      closeSync(file);
    }
  });
  if (bytes.length > secretLimit) throw invalid(path, `at most ${secretLimit} bytes`, 'more');
  return bytes;
}
