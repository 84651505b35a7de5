import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { OciError } from '../../errors.ts';
import { type HeldDirectory, holdDirectory } from '../disk/held-directory.ts';
import { systemCode } from '../disk/system-error.ts';

/** The directory of a layout that blobs go into, held open, and what of it was made. */
interface BlobRoom {
  readonly held: HeldDirectory;
  readonly made: readonly string[];
}

function makes(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return false;
  }
}

/** Whether a symbolic link is the caller's or root's: several layouts of one user may share their blobs by such. */
function isOwnLink(path: string): boolean {
  const found = lstatSync(path);
  return found.isSymbolicLink() && (found.uid === 0 || found.uid === process.geteuid?.());
}

/** Holds a directory in another one; a link to one only where nobody else has put it there. */
function holdIn(above: HeldDirectory, name: string, place: string): HeldDirectory {
  const path = `${above.path}/${name}`;
  try {
    return holdDirectory(path);
  } catch (error) {
    if (!['ELOOP', 'ENOTDIR'].includes(systemCode(error) ?? '')) throw error;
    if (isOwnLink(path)) return holdDirectory(`${path}/.`);
    if (!lstatSync(path).isSymbolicLink()) throw error;
    throw new OciError('conflict', place, 'expected a directory for blobs, got a symbolic link of another user', {
      cause: error,
    });
  }
}

/** Opens the directory of a layout that its blobs of an algorithm go into, and makes it where there is none. Throws `conflict` for a link that another user has put there. */
export function openBlobRoom(layout: string, algorithm: string): BlobRoom {
  const made: string[] = [];
  let held = holdDirectory(`${layout}/.`);
  let place = layout;
  for (const name of ['blobs', algorithm]) {
    const above = held;
    place = join(place, name);
    try {
      if (makes(`${above.path}/${name}`)) made.push(place);
      held = holdIn(above, name, place);
    } finally {
      above.close();
    }
  }
  return { held, made };
}
