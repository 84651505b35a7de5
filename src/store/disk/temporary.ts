import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { changed } from '../../errors.ts';
import { heldAs } from './handles.ts';
import { loadNative } from './native.ts';
import { isSameMachine, ownerState, ownerText } from './owner.ts';
import { removeTree, removeTreeNow } from './remove-tree.ts';
import { systemCode } from './system-error.ts';

/** How the names of ocikit's temporary directories begin; the process that made one follows. */
export const temporaryPrefix = '.ocikit-';
/** Beside them stands the lock, which is judged by its own rules (`layout/lock.ts`). */
export const lockName: string = `${temporaryPrefix}lock`;

const form = /^\.ocikit-([0-9a-f]+-\d+-\d+-\d+)-([lp])\w+$/;
/** Whether a name is that of a temporary directory of ocikit's, whoever made it: it is a part of nothing that is read. */
export const isTemporaryName = (name: string): boolean => name.startsWith(temporaryPrefix) && form.test(name);
const minute = 60_000;
/** Milliseconds by the file system's clock after which a directory whose maker cannot be judged counts as left behind. */
const oldAge = 24 * 60 * minute;

/** A directory that is removed by `remove`, or else when the process exits, or else by the next writer. */
export interface TemporaryDirectory {
  /** Its name, which whoever may write to its parent can give to something else. */
  readonly path: string;
  /** The same directory as it is held open, whatever its name leads to meanwhile: for this process alone, and as long as it is there. */
  readonly inside: string;
  remove(): Promise<void>;
  /** The same at once, where it holds a few files. */
  removeNow(): void;
}

/** What stands, and the open directory whose flock says to other containers that its maker lives. */
const standing = new Map<string, number | undefined>();

function removeAll(): void {
  for (const path of standing.keys()) {
    try {
      removeTreeNow(path);
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
    }
  }
}

function forget(path: string): void {
  const file = standing.get(path);
  if (!standing.delete(path)) return;
  if (file !== undefined) closeSync(file);
  if (standing.size === 0) process.off('exit', removeAll);
}

const openFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Takes the flock of an open directory; false where another has it, or where there is none. */
function takesFlock(file: number): boolean {
  try {
    return loadNative()?.lockFile(file) === true;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

/** The owner that a file system gives to what this process makes in a directory: some have one owner for all that is in them. */
function ownerIn(directory: string): number {
  const probe = join(directory, 'owner');
  const file = openSync(probe, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    return fstatSync(file).uid;
  } finally {
    closeSync(file);
    unlinkSync(probe);
  }
}

/** Holds a directory that has just been made. Throws `conflict` for one that somebody else has put in its place. */
function holdMade(path: string): { readonly file: number; readonly inside: string } {
  const file = openSync(path, openFlags);
  try {
    const inside = heldAs(file, path);
    const { uid } = fstatSync(file);
    if (uid !== process.geteuid?.() && uid !== ownerIn(inside)) throw changed(path, 'a directory', 'written');
    return { file, inside };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Holds one that stands now, and answers what leads into it. */
function hold(path: string): string {
  try {
    const { file, inside } = holdMade(path);
    standing.set(path, file);
    takesFlock(file);
    return inside;
  } catch (error) {
    unlessRefused(() => rmdirSync(path));
    forget(path);
    throw error;
  }
}

/** Makes a temporary directory inside `parent`, so that what is made in it can be renamed to its place. Throws `conflict` where somebody takes it away meanwhile. */
export function makeTemporaryDirectory(parent: string): TemporaryDirectory {
  const kind = loadNative() === undefined ? 'p' : 'l';
  const path = mkdtempSync(join(parent, `${temporaryPrefix}${ownerText()}-${kind}`));
  if (standing.size === 0) process.on('exit', removeAll);
  standing.set(path, undefined);
  const inside = hold(path);
  return {
    path,
    inside,
    async remove() {
      await removeTree(path);
      forget(path);
    },
    removeNow() {
      removeTreeNow(path);
      forget(path);
    },
  };
}

/** The time on a file system's own clock (milliseconds): the machines that share it may have others. */
export function timeIn(directory: string): number {
  const probe = mkdtempSync(join(directory, `${temporaryPrefix}time-`));
  try {
    return statSync(probe).mtimeMs;
  } finally {
    rmdirSync(probe);
  }
}

/** Whether nobody holds the flock that a maker on this machine holds as long as it lives; false where that cannot be known. */
export function isUnlocked(path: string): boolean {
  const file = openSync(path, openFlags);
  try {
    return takesFlock(file);
  } finally {
    closeSync(file);
  }
}

/** Whether the maker of a temporary directory is dead; where that cannot be known, whether the directory is old. */
function isLeft(parent: string, name: string, now: number): boolean {
  const path = join(parent, name);
  const found = lstatSync(path);
  if (!found.isDirectory()) return false;
  const age = now - found.mtimeMs;
  const [, owner = '', kind] = form.exec(name) ?? [];
  const state = ownerState(owner);
  if (state !== 'unknown') return state === 'dead';
  // Another container of this machine: the flock tells, once its maker has had the time to take it.
  if (kind === 'l' && isSameMachine(owner)) return age > minute && isUnlocked(path);
  return age > oldAge;
}

/** What the system refuses here is no reason to stop: it is another's, or another was quicker. */
function unlessRefused<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

/** Names that are like those of temporary directories, this process's own left out. */
function temporaryNames(parent: string): readonly string[] {
  const names = unlessRefused(() => readdirSync(parent)) ?? [];
  return names.filter(
    name => name.startsWith(temporaryPrefix) && name !== lockName && !standing.has(join(parent, name)),
  );
}

/** The names of the temporary directories in `parent` that dead processes left; `now` is the time on its file system's clock (milliseconds). */
export function leftBehind(parent: string, now: number): readonly string[] {
  return temporaryNames(parent).filter(name => unlessRefused(() => isLeft(parent, name, now)) === true);
}

/**
 * Removes the temporary directories in `parent` that dead processes left. One whose maker may live stays: it runs in a
 * container or on a machine that cannot be seen from here, and its directory is not yet a day old.
 */
export async function clearLeftBehind(parent: string): Promise<void> {
  if (temporaryNames(parent).length === 0) return;
  const now = unlessRefused(() => timeIn(parent));
  if (now === undefined) return;
  const left = leftBehind(parent, now);
  if (left.length === 0) return;
  const stage = unlessRefused(() => makeTemporaryDirectory(parent));
  // Moved first: of two who clear at once, one gets it.
  for (const name of left) unlessRefused(() => renameSync(join(parent, name), join(stage?.inside ?? parent, name)));
  await stage?.remove().catch(() => undefined);
}
