import { mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryPrefix } from '../disk/atomic.ts';
import { systemCode } from '../disk/system-error.ts';

/** Milliseconds after which a lock counts as left: nobody holds one for longer than a few. */
const staleAfter = 5000;

/** The time on the file system's own clock, as the machines that share it may have others. */
function timeIn(directory: string): number {
  const probe = mkdtempSync(join(directory, `${temporaryPrefix}time-`));
  const { mtimeMs } = statSync(probe);
  rmdirSync(probe);
  return mtimeMs;
}

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
