import { mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unlessRaced } from '../disk/system-error.ts';
import { timeIn } from '../disk/temporary.ts';

/** Milliseconds after which a lock counts as left: one is held for some 5, and touched every 64 files where there are many to move. */
const staleAfter = 5000;

const touchedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Whether neither a lock's directory nor what is in it has been touched for longer than a holder takes. */
export function isStale(lock: string): boolean {
  const names = unlessRaced(['ENOENT', 'ENOTDIR'], () => readdirSync(lock)) ?? [];
  const touched = names.reduce((last, name) => Math.max(last, touchedAt(join(lock, name))), touchedAt(lock));
  return touched > 0 && timeIn(dirname(lock)) - touched > staleAfter;
}

/** Shows that a lock's holder, whose directory in it this is, is at work: with the file system's own time, as nobody here reads a clock. */
export function touch(token: string): void {
  const beat = join(token, 'beat');
  unlessRaced(['ENOENT', 'EEXIST'], () => mkdirSync(beat));
  unlessRaced(['ENOENT'], () => rmdirSync(beat));
}
