import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { loadNative } from './disk/native.ts';
import { removeTree } from './disk/remove-tree.ts';
import { isSameFile, statOf } from './disk/stat.ts';

/** So many stages of a kind are kept, those that were used last; more while they are in use. */
const mostKept = 8;
const exact = { bigint: true } as const;
const lockForm = /^([0-9a-f]{64})\.lock$/;

const lockPath = (cache: string, name: string): string => join(cache, `${name}.lock`);
/** Opens the lock of a stage, which whoever uses the stage shares. */
export const openLock = (cache: string, name: string): number =>
  openSync(lockPath(cache, name), constants.O_RDWR | constants.O_CREAT, 0o600);

/** Whether an open lock is still the one that is there: whoever takes a stage away takes its lock as well. */
function isLockOf(lock: number, cache: string, name: string): boolean {
  const found = lstatSync(lockPath(cache, name), { ...exact, throwIfNoEntry: false });
  return found !== undefined && isSameFile(statOf(found), statOf(fstatSync(lock, exact)));
}

/** Takes a lock that is open, unless somebody holds it or has taken it away. */
export function takesLock(
  cache: string,
  name: string,
  { lock, how }: { readonly lock: number; readonly how: 'shared' | 'exclusive' },
): boolean {
  return loadNative()?.lockFile(lock, how) === true && isLockOf(lock, cache, name);
}

/** The time of a stage's lock is when it was used. */
export const noteUse = (lock: number): void => void writeSync(lock, '\n', 0);

/** Takes away what was used longest ago, and what is in use by nobody. */
export async function forgetOldest(
  cache: string,
  { newest, signal }: { readonly newest: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const names = readdirSync(cache)
    .flatMap(file => lockForm.exec(file)?.[1] ?? [])
    .filter(name => name !== newest);
  const used = names.map(name => ({ name, time: lstatSync(lockPath(cache, name)).mtimeMs }));
  for (const { name } of used.sort((one, other) => other.time - one.time).slice(mostKept - 1)) {
    signal?.throwIfAborted();
    const lock = openLock(cache, name);
    try {
      if (!takesLock(cache, name, { lock, how: 'exclusive' })) continue;
      await removeTree(join(cache, name));
      rmSync(lockPath(cache, name));
    } finally {
      closeSync(lock);
    }
  }
}
