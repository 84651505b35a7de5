import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  type Stats,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { OciError } from '../../errors.ts';
import { loadNative } from '../disk/native.ts';
import { removeTreeNow } from '../disk/remove-tree.ts';
import { systemCode } from '../disk/system-error.ts';
import { isStale } from './lock-age.ts';

/** A flock on a lock file that is held, until it is released. */
export interface PeerLock {
  /** False once somebody has removed the file: another may hold a new one. */
  isHeld(): boolean;
  release(): void;
}

const prefix = 'file-';
const lockFlags = constants.O_RDONLY | constants.O_CREAT | constants.O_NONBLOCK | constants.O_NOFOLLOW;

const identityOf = ({ dev, ino }: Stats): string => `${dev}-${ino}`;

function identityAt(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : identityOf(found);
}

/** The kernel's list of flocks on a file: who holds one, and who sleeps until it is free. */
function flocksOn(file: Stats): readonly ('held' | 'awaited')[] {
  try {
    const end = `:${file.ino} `;
    const lines = readFileSync('/proc/locks', 'latin1').split('\n');
    const found = lines.filter(line => line.includes('FLOCK ') && line.includes(end));
    return found.map(line => (line.includes('-> FLOCK') ? 'awaited' : 'held'));
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return [];
  }
}

/** To those who wait for it, the file must stay where it is. */
function unlinkOwn(path: string, file: number): void {
  const found = fstatSync(file);
  if (identityAt(path) !== identityOf(found) || flocksOn(found).includes('awaited')) return;
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}

/** True where the flock is ours, or where the file system knows none and nobody can have it. */
function isTaken(file: number): boolean {
  try {
    return loadNative()?.lockFile(file) !== false;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return true;
  }
}

/** A lock of another kind, by a directory: true where one is there. One that was left is removed. */
function isDirectoryLock(path: string): boolean {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  if (isStale(path)) removeTreeNow(path);
  return true;
}

/** Where native calls are missing, others' flocks can be seen and none can be taken. */
function seePeerLock(path: string): PeerLock | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found !== undefined && flocksOn(found).length > 0) return undefined;
  return { isHeld: () => true, release: () => undefined };
}

/** Opens the lock file as buildx does, but makes none where a link leads; undefined where it is another user's, which is waited for. */
function openLockFile(path: string): number | undefined {
  try {
    return openSync(path, lockFlags, 0o644);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ELOOP')
      throw new OciError('conflict', path, 'expected a lock file, got a symbolic link', { hint: 'delete it' });
    if (code !== 'EACCES') throw error;
    return undefined;
  }
}

/**
 * Takes the lock that buildx takes on a layout: flock(2) on the regular file `index.json.lock`, which goes when it is released
 * (BuildKit client/ociindex). `record` is a directory of our own lock, where what is held is written down, so that who takes
 * over a dead or suspended holder's lock knows its file. Undefined where another has it. Without native calls others' locks are respected and none is held.
 */
export function tryPeerLock(path: string, record: string): PeerLock | undefined {
  if (isDirectoryLock(path)) return undefined;
  if (loadNative() === undefined) return seePeerLock(path);
  const file = openLockFile(path);
  if (file === undefined) return undefined;
  const isHeld = (): boolean => fstatSync(file).nlink > 0;
  const release = (): void => {
    unlinkOwn(path, file);
    closeSync(file);
  };
  // A holder that went removed the file while we opened it: the next try makes a new one.
  if (!isTaken(file) || !isHeld()) {
    closeSync(file);
    return undefined;
  }
  try {
    mkdirSync(join(record, prefix + identityOf(fstatSync(file))));
    return { isHeld, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** Removes the lock file that a lost holder has locked, by what it wrote down: its flock then locks nobody out. */
export function dropPeerLock(path: string, record: readonly string[]): void {
  const found = identityAt(path);
  if (found !== undefined && record.includes(prefix + found)) unlinkSync(path);
}
