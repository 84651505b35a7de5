import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { loadNative } from './disk/native.ts';
import { removeTree } from './disk/remove-tree.ts';
import { isSameFile, statOf } from './disk/stat.ts';

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

interface Forgetting {
  /** So many stay, those that were used last. */
  readonly most: number;
  /** What is not counted, and stays. */
  readonly but?: readonly string[];
  readonly signal: AbortSignal | undefined;
}

/** Takes away what was used longest ago, as long as it is in use by nobody, and locks of nothing. */
export async function forgetOldest(cache: string, { most, but = [], signal }: Forgetting): Promise<void> {
  const names = readdirSync(cache)
    .flatMap(file => lockForm.exec(file)?.[1] ?? [])
    .filter(name => !but.includes(name));
  const stages = names.filter(name => existsSync(join(cache, name)));
  const used = stages.map(name => ({ name, time: lstatSync(lockPath(cache, name)).mtimeMs }));
  const oldest = used.sort((one, other) => other.time - one.time).slice(most);
  for (const name of [...oldest.map(({ name }) => name), ...names.filter(name => !stages.includes(name))]) {
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
