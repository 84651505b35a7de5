import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { OciError } from '../../errors.ts';
import { makeDirectories, takeBackDirectories } from '../disk/atomic.ts';
import { type HeldDirectory, holdDirectory } from '../disk/held-directory.ts';
import { isOwnLink } from '../disk/own-link.ts';
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

/** Holds a directory in another one; a link to one only where nobody else has put it there: several layouts of one user may share their blobs by such. */
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
      hint: 'its owner may write here, or `chown -h` makes it yours',
    });
  }
}

/** Opens the directory of a layout that its blobs of an algorithm go into, and makes what of it is not there. Throws `conflict` for a link that another user has put there; nothing is made then. */
export function openBlobRoom(layout: string, algorithm: string): BlobRoom {
  const made = [...makeDirectories(layout)];
  let held: HeldDirectory | undefined;
  try {
    held = holdDirectory(`${layout}/.`);
    let place = layout;
    for (const name of ['blobs', algorithm]) {
      place = join(place, name);
      if (makes(`${held.path}/${name}`)) made.push(place);
      const above = held;
      held = holdIn(above, name, place);
      above.close();
    }
    return { held, made };
  } catch (error) {
    held?.close();
    takeBackDirectories(made);
    throw error;
  }
}
