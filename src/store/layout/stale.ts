import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../disk/system-error.ts';
import { timeIn } from '../disk/temporary.ts';

/** Milliseconds after which a lock counts as left: nobody holds one for longer than a few. */
const staleAfter = 5000;

/** Whether a lock's directory has not been touched for longer than a holder takes. */
export function isStale(lock: string): boolean {
  const found = statSync(lock, { throwIfNoEntry: false });
  return found !== undefined && timeIn(dirname(lock)) - found.mtimeMs > staleAfter;
}

/** What the file system answers; undefined where it gives one of these codes, as another process was quicker. */
export function unlessRaced<T>(codes: readonly string[], action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined || !codes.includes(code)) throw error;
    return undefined;
  }
}
