import { access, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { OciError } from '../../errors.ts';
import type { Work } from '../../stream/pace.ts';
import { writeNewFile } from '../disk/atomic.ts';
import { type HeldDirectory, holdDirectory, holdIfDirectory } from '../disk/held-directory.ts';
import { ownerState, ownerText } from '../disk/owner.ts';
import { removeTreeNow } from '../disk/remove-tree.ts';
import { systemError, unlessRaced } from '../disk/system-error.ts';
import { clearLeftBehind, lockName } from '../disk/temporary.ts';
import { isStale, touch } from './lock-age.ts';
import { dropPeerLock, type PeerLock, tryPeerLock } from './peer-lock.ts';

/** Shows others that the lock is held by who is at work: called now and then by what may take long. */
export type Beat = () => void;

/** Replaces a file with new bytes, or throws where the lock has been lost meanwhile. `first` is done when the new bytes are on the disk and not yet in place. */
export type Replace = (target: string, bytes: Uint8Array, first?: (beat: Beat) => void) => void;

/** Milliseconds between two tries: the first, and the longest. */
const [shortWait, longWait, growth] = [4, 40, 1.5];
/** Milliseconds that are waited in all: longer than many stale locks in a row take. */
const patience = 80_000;

/** The lock is another's by now: the action runs again. */
export class LostLock extends Error {}

interface HeldLock {
  /** A directory of ours inside the lock. A rename out of it succeeds only while the lock is still ours. */
  readonly token: string;
  /** The same as it is held open: what is made in it is made nowhere else, whatever its name leads to. */
  readonly inside: string;
  isHeld(): boolean;
  release(): void;
}

/** What buildx locks a layout's index with. */
const peerLockName = 'index.json.lock';
const tokenPrefix = 'held-';
const gone = ['ENOENT'];
const inUse = ['ENOENT', 'ENOTEMPTY', 'EEXIST'];

const namesIn = (directory: string): readonly string[] => unlessRaced(gone, () => readdirSync(directory)) ?? [];

const ownerOf = (token: string): string => token.slice(tokenPrefix.length, token.lastIndexOf('-'));

/** Whether a lock's holder is known to be dead, or has not been heard of for too long. */
function isLeft(lockPath: string): boolean {
  const dead = namesIn(lockPath).find(token => ownerState(ownerOf(token)) === 'dead');
  // A holder that released it and ended just now has taken its token with it.
  return (dead !== undefined && existsSync(join(lockPath, dead))) || isStale(lockPath);
}

/** Empties a lock that was left, which ends its holder's power to commit, should it be suspended and wake. */
function takeOver(lockPath: string, peerPath: string): void {
  for (const token of namesIn(lockPath)) dropPeerLock(peerPath, namesIn(join(lockPath, token)));
  unlessRaced(inUse, () => removeTreeNow(lockPath));
}

/** Removes a lock only where it is empty, so that nobody removes one that has changed hands. */
function leave(lockPath: string, token: string): void {
  removeTreeNow(token);
  unlessRaced(inUse, () => rmdirSync(lockPath));
}

/** Makes a directory of ours in a lock, and where a link has taken its place nothing; undefined where it is gone. */
function makeToken(lockPath: string): string | undefined {
  const lock = holdIfDirectory(lockPath);
  try {
    return lock && join(lockPath, basename(mkdtempSync(`${lock.path}/${tokenPrefix}${ownerText()}-`)));
  } finally {
    lock?.close();
  }
}

/** Two processes may take over one lock at once; each puts its token in before it looks, so at most one finds itself alone. */
function enter(lockPath: string): string | undefined {
  let token: string | undefined;
  try {
    token = unlessRaced(gone, () => makeToken(lockPath));
  } catch (error) {
    unlessRaced(inUse, () => rmdirSync(lockPath));
    throw error;
  }
  if (token === undefined || namesIn(lockPath).length === 1) return token;
  leave(lockPath, token);
  return undefined;
}

/** One try, which never waits: a lock is taken, used and given back within one turn of the event loop. */
function tryLock(directory: string): HeldLock | undefined {
  const [lockPath, peerPath] = [join(directory, lockName), join(directory, peerLockName)];
  if (unlessRaced(['EEXIST'], () => mkdirSync(lockPath) ?? true) === undefined) {
    if (isLeft(lockPath)) takeOver(lockPath, peerPath);
    return undefined;
  }
  const token = enter(lockPath);
  if (token === undefined) return undefined;
  let own: HeldDirectory | undefined;
  let peer: PeerLock | undefined;
  try {
    own = unlessRaced(gone, () => holdDirectory(token));
    const record = own?.path;
    if (record !== undefined) peer = unlessRaced(gone, () => tryPeerLock(peerPath, record));
  } finally {
    if (peer === undefined) {
      own?.close();
      leave(lockPath, token);
    }
  }
  if (own === undefined || peer === undefined) return undefined;
  const { path: inside, close } = own;
  const { isHeld, release } = peer;
  return {
    token,
    inside,
    isHeld,
    release() {
      close();
      release();
      leave(lockPath, token);
    },
  };
}

function replaceFrom({ token, inside, isHeld }: HeldLock): Replace {
  return (target, bytes, first) => {
    const staged = join(inside, basename(target));
    try {
      writeNewFile(staged, bytes);
      first?.(() => touch(token));
      if (!isHeld()) throw new LostLock();
      renameSync(staged, target);
    } catch (error) {
      throw existsSync(token) ? error : new LostLock();
    }
  };
}

/** What is expected of a layout that is about to change. */
export const writableLayout = 'a layout that can be written to';

const checkWritable = (directory: string): Promise<void> =>
  new Promise((resolve, reject) =>
    access(directory, constants.W_OK | constants.X_OK, error =>
      error === null ? resolve() : reject(systemError(error, directory, writableLayout)),
    ),
  );

/** What `action` returned, in an object, or undefined where the lock was not to be had or was lost. */
function attempt<T>(directory: string, action: (replace: Replace) => T): { value: T } | undefined {
  let held: HeldLock | undefined;
  try {
    held = tryLock(directory);
    return held === undefined ? undefined : { value: action(replaceFrom(held)) };
  } catch (error) {
    if (!(error instanceof LostLock)) throw systemError(error, directory, 'room for a new index.json');
    return undefined;
  } finally {
    held?.release();
  }
}

/**
 * Runs `action` while no other process runs one on the same directory, nor buildx. It may run again where the lock was lost
 * before its `replace`, so it reads what it needs inside. A lock whose holder is dead is taken over: at once where that can be
 * known, else after five seconds. Throws `conflict` where the directory cannot be written to or stays locked for over a minute,
 * and the signal's reason where that comes while another holds it.
 */
export async function underLock<T>(
  directory: string,
  action: (replace: Replace) => T,
  { signal }: Pick<Work, 'signal'> = {},
): Promise<T> {
  await checkWritable(directory);
  await clearLeftBehind(directory);
  let wait = shortWait;
  for (let waited = 0; waited < patience; waited += wait) {
    signal?.throwIfAborted();
    const done = attempt(directory, action);
    if (done !== undefined) return done.value;
    wait = Math.min(wait * growth, longWait);
    await new Promise(resolve => setTimeout(resolve, wait));
  }
  const [ours, peers] = [join(directory, lockName), join(directory, peerLockName)];
  const hint = `delete ${ours} and ${peers} if no process is at work`;
  throw new OciError('conflict', peers, 'expected a free lock, got one that is held for over a minute', { hint });
}
