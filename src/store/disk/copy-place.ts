import { statSync } from 'node:fs';
import { join } from 'node:path';
import { notFound, OciError } from '../../errors.ts';
import { onDisk } from './system-error.ts';

/** What is to be copied. */
interface Copied {
  readonly name: string;
  readonly isDirectory: boolean;
  /** Whether what is in a directory is meant, and not it itself. */
  readonly contents: boolean;
}

/**
 * Where a copy goes, as `cp` and `docker cp` have it: into a directory that is there, under its own name; else to that very path,
 * where a file takes the place of a file. Throws `not-found` for `new/` where a file is copied, and `conflict` for a directory over a file.
 */
export function placeOfCopy(
  target: string,
  { name, isDirectory, contents }: Copied,
): { readonly place: string; readonly replaces: boolean } {
  const found = onDisk(target, 'a place for what is copied', () => statSync(target, { throwIfNoEntry: false }));
  if (found === undefined) {
    if (target.endsWith('/') && !isDirectory) throw notFound(target, 'a directory that is there');
    return { place: target, replaces: false };
  }
  if (found.isDirectory())
    return contents ? { place: target, replaces: false } : { place: join(target, name), replaces: false };
  if (isDirectory) throw new OciError('conflict', target, 'expected a place for a directory, got a file');
  return { place: target, replaces: true };
}
