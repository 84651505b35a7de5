import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { timeIn } from '../disk/temporary.ts';

/** Milliseconds after which a lock counts as left: nobody holds one for longer than a few. */
const staleAfter = 5000;

/** Whether a lock's directory has not been touched for longer than a holder takes. */
export function isStale(lock: string): boolean {
  const found = statSync(lock, { throwIfNoEntry: false });
  return found !== undefined && timeIn(dirname(lock)) - found.mtimeMs > staleAfter;
}
