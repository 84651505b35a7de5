import { readFileSync, realpathSync, statSync } from 'node:fs';
import { notFound } from '../../errors.ts';
import { onDisk } from './system-error.ts';

/** A path of the host without symbolic links, and whether a directory is there. Throws `not-found`. */
export function hostPathOf(path: string): { readonly path: string; readonly isDirectory: boolean } {
  return onDisk(path, 'a path of the host', () => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) throw notFound(path, 'a file or a directory of the host');
    return { path: realpathSync(path), isDirectory: found.isDirectory() };
  });
}

/** The host's own resolv.conf, or one of nobody's name server. */
export function hostResolver(): Uint8Array {
  try {
    return readFileSync('/etc/resolv.conf');
  } catch {
    return new Uint8Array();
  }
}
