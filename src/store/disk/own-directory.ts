import { chmodSync, lstatSync, type Stats } from 'node:fs';
import { unsupported } from '../../errors.ts';
import { makeDirectories } from './atomic.ts';

/** Whether something is the caller's, and nobody else may change it. */
export const isOwn = ({ uid, mode }: Pick<Stats, 'uid' | 'mode'>): boolean =>
  uid === (process.geteuid?.() ?? uid) && (mode & 0o022) === 0;

/** Makes a directory that is the caller's alone, as those above it are that are made for it, whatever the umask is. Throws `unsupported` for one that somebody else may put something into. */
export function makeOwnDirectory(path: string): void {
  for (const made of makeDirectories(path)) chmodSync(made, 0o700);
  const found = lstatSync(path);
  if (found.isDirectory() && isOwn(found)) return;
  throw unsupported(path, "a directory of one's own that nobody else can write to", 'another');
}
