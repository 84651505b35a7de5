import { readFileSync } from 'node:fs';
import { invalid } from '../../errors.ts';
import { onDisk } from './system-error.ts';

const maxSize = 1 << 20;

/** A small text file of the user's own. */
export function readTextFile(path: string): string {
  const text = onDisk(path, 'a text file', () => readFileSync(path, 'utf8'));
  if (text.length > maxSize) throw invalid(path, `at most ${maxSize} characters`, `${text.length}`);
  return text;
}
