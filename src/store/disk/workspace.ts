import { realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { standingAbove } from './atomic.ts';
import { makePlainDirectory } from './plain-directory.ts';
import { onDisk } from './system-error.ts';
import { clearLeftBehind, makeTemporaryDirectory } from './temporary.ts';

/** A temporary directory for runs. */
export interface Workspace {
  /** Without symbolic links. */
  readonly path: string;
  /** A new directory in it. */
  make(name: string): string;
  remove(): Promise<void>;
}

/** Makes a workspace in a directory that is there; what dead processes left in it is removed. */
export async function makeWorkspace(parent: string): Promise<Workspace> {
  const expected = 'a directory that can be written to';
  const place = onDisk(parent, expected, () => realpathSync(parent));
  await clearLeftBehind(place);
  const temporary = onDisk(parent, expected, () => makeTemporaryDirectory(place));
  let made = 0;
  return {
    path: temporary.path,
    make(name) {
      const path = join(temporary.path, `${name}-${made++}`);
      onDisk(path, expected, () => makePlainDirectory(path, 0o755));
      return path;
    },
    remove: () => temporary.remove(),
  };
}

/** The directory that is there already and that a path lies in. */
export const besideOf = (path: string): string => standingAbove(dirname(resolve(path)));
