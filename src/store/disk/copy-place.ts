import { lstatSync, type Stats, statSync } from 'node:fs';
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

interface Place {
  readonly place: string;
  /** Whether a file that is there is replaced unasked. */
  readonly replaces: boolean;
  /** What is there, a symbolic link being what it leads to. */
  readonly there: 'nothing' | 'directory' | 'file';
}

const statAt = (path: string): Stats | undefined =>
  onDisk(path, 'a place for what is copied', () => statSync(path, { throwIfNoEntry: false }));

/** Whether something is there that is no directory; a symbolic link is none, wherever it leads. */
function isLeaf(path: string): boolean {
  const found = onDisk(path, 'a place for what is copied', () => lstatSync(path, { throwIfNoEntry: false }));
  return found !== undefined && !found.isDirectory();
}

function whatIs(found: Stats | undefined): Place['there'] {
  if (found === undefined) return 'nothing';
  return found.isDirectory() ? 'directory' : 'file';
}

/**
 * Where a copy goes, as `cp` and `docker cp` have it: into a directory that is there, under its own name; else to that very path,
 * where a file takes the place of a file. Throws `not-found` for `new/` where a file is copied, and `conflict` for a directory over a file.
 */
export function placeOfCopy(target: string, { name, isDirectory, contents }: Copied): Place {
  const found = statAt(target);
  if (found === undefined) {
    if (target.endsWith('/') && !isDirectory) throw notFound(target, 'a directory that is there');
    return { place: target, replaces: false, there: 'nothing' };
  }
  if (found.isDirectory()) {
    const place = contents ? target : join(target, name);
    const there = whatIs(statAt(place));
    return { place, replaces: !isDirectory && isLeaf(place), there };
  }
  if (isDirectory) throw new OciError('conflict', target, 'expected a place for a directory, got a file');
  return { place: target, replaces: true, there: 'file' };
}
