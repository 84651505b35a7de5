import { readFileSync } from 'node:fs';
import { invalid } from '../../errors.ts';
import { textFileLimit } from '../../limits.ts';
import { onDisk } from './system-error.ts';

/** A small text file of the user's own. */
export function readTextFile(path: string): string {
  const text = onDisk(path, 'a text file', () => readFileSync(path, 'utf8'));
  if (text.length > textFileLimit) throw invalid(path, `at most ${textFileLimit} characters`, `${text.length}`);
  return text;
}
