import { lstatSync } from 'node:fs';

/** Whether a path is a symbolic link that is the caller's or root's: one that nobody else has put there to lead elsewhere. */
export function isOwnLink(path: string): boolean {
  const found = lstatSync(path);
  return found.isSymbolicLink() && (found.uid === 0 || found.uid === process.geteuid?.());
}
