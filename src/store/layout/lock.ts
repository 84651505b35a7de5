import {
  access,
  constants,
  mkdir,
  mkdtempSync,
  readdirSync,
  realpath,
  renameSync,
  rm,
  rmdir,
  rmdirSync,
  rmSync,
  stat,
  utimes,
} from 'node:fs';
import { basename, join } from 'node:path';
import { OciError } from '../../errors.ts';
import { writeNewFile } from '../disk/atomic.ts';
import { systemCode, systemError } from '../disk/system-error.ts';

/** Replaces a file with new bytes, or throws where the lock has been lost meanwhile. */
export type Replace = (target: string, bytes: Uint8Array) => void;

/** Milliseconds after which a lock that its holder did not refresh counts as left by a dead process. */
const staleAfter = 5000;
/** One round waits about a second; all rounds wait over a minute, longer than many stale locks in a row. */
const rounds = 80;
const waits = { retries: 25, factor: 1.5, minTimeout: 4, maxTimeout: 40, randomize: true };

class LostLock extends Error {}

interface HeldLock {
  /** A directory of ours inside the lock. A rename out of it succeeds only while the lock is still ours. */
  readonly token: string;
  readonly release: () => Promise<void>;
}

/**
 * proper-lockfile's file system calls. Taking over a stale lock empties it first, which ends its old holder's power to
 * commit; releasing removes it only when empty, so that nobody removes a lock that has changed hands.
 */
function lockFileSystem(isReleasing: () => boolean): object {
  const remove = (path: string, done: (error: NodeJS.ErrnoException | null) => void): void =>
    isReleasing() ? rmdir(path, done) : rm(path, { recursive: true }, done);
  return { mkdir, realpath, stat, utimes, rmdirSync, rmdir: remove };
}

async function acquire(directory: string, lockPath: string): Promise<HeldLock | undefined> {
  const { lock } = await import('proper-lockfile');
  let releasing = false;
  const unlock = await lock(directory, {
    lockfilePath: lockPath,
    stale: staleAfter,
    retries: waits,
    fs: lockFileSystem(() => releasing),
    // A lost lock is noticed where it matters: the token's rename fails.
    onCompromised: () => undefined,
  });
  const release = async (): Promise<void> => {
    releasing = true;
    await unlock().catch(() => rmdir(lockPath, () => undefined));
  };
  const token = enter(lockPath);
  if (token !== undefined) return { token, release };
  await release();
  return undefined;
}

/** Two processes may take over one stale lock at once; each puts its token in before it looks, so at most one finds itself alone. */
function enter(lockPath: string): string | undefined {
  try {
    const token = mkdtempSync(join(lockPath, 'held-'));
    if (readdirSync(lockPath).length === 1) return token;
    rmdirSync(token);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  return undefined;
}

function replaceFrom(token: string): Replace {
  return (target, bytes) => {
    const staged = join(token, basename(target));
    try {
      writeNewFile(staged, bytes);
      renameSync(staged, target);
    } catch (error) {
      throw systemCode(error) === 'ENOENT' ? new LostLock() : error;
    }
  };
}

async function once<T>(held: HeldLock, action: (replace: Replace) => T): Promise<T> {
  try {
    return action(replaceFrom(held.token));
  } finally {
    rmSync(held.token, { recursive: true, force: true });
    await held.release();
  }
}

const checkWritable = (directory: string): Promise<void> =>
  new Promise((resolve, reject) =>
    access(directory, constants.W_OK | constants.X_OK, error =>
      error === null ? resolve() : reject(systemError(error, directory, 'a directory that can be written to')),
    ),
  );

/**
 * Runs `action` while no other process runs one on the same directory. It may run again where the lock was lost before
 * its `replace`, so it reads what it needs inside. A lock that a killed process left is taken over after five seconds.
 * Throws `conflict` where the directory cannot be written to or stays locked for over a minute.
 */
export async function underLock<T>(directory: string, name: string, action: (replace: Replace) => T): Promise<T> {
  await checkWritable(directory);
  const lockPath = join(directory, `${name}.lock`);
  for (let round = 0; round < rounds; round++) {
    try {
      const held = await acquire(directory, lockPath);
      if (held !== undefined) return await once(held, action);
    } catch (error) {
      const isLocked = error instanceof Error && 'code' in error && error.code === 'ELOCKED';
      if (!isLocked && !(error instanceof LostLock)) throw systemError(error, directory, `room for a new ${name}`);
    }
  }
  const hint = `delete ${lockPath} if no process is at work`;
  throw new OciError('conflict', lockPath, 'expected a free lock, got one that is held for over a minute', { hint });
}
