import { lstatSync, mkdtempSync, readdirSync, renameSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { OciError } from '../../errors.ts';
import { makeDirectories, syncDirectory, takeBackDirectories } from './atomic.ts';
import { exchange } from './exchange.ts';
import { canFill, fill, whileOpen } from './fill.ts';
import { isOwnLink } from './own-link.ts';
import { isWithin, realPath } from './path-below.ts';
import { makePlainDirectory } from './plain-directory.ts';
import { onDisk, systemError } from './system-error.ts';
import { clearLeftBehind, makeTemporaryDirectory } from './temporary.ts';

/** A directory in the making: work goes on beside its place, on the same file system. */
interface Target {
  /** Where it comes to be: as it was named, or where the symbolic link that was named leads to. */
  readonly place: string;
  /** Where to write meanwhile: an empty directory, reached through the one above it, which is held open: for this process alone. */
  readonly work: string;
  /**
   * Puts the work into its place. `before` is called right before, with a path that what it replaces may go to; what it answers
   * takes that back where the work cannot take its place.
   */
  commit(before?: (aside: string) => () => void): Promise<void>;
  /** Removes the work; nothing was changed. What cannot be removed is left to the next writer: the reason for giving up is what counts. */
  abandon(): Promise<void>;
}

const room = 'a place for a directory';

/** What a directory holds that must not go with it; undefined where it may be replaced. */
function neededIn(directory: string, reads: string | undefined): string | undefined {
  if (isWithin(directory, '.')) return 'the one that this is done in';
  return reads !== undefined && isWithin(directory, reads) ? `one that holds what is read, ${reads}` : undefined;
}

/**
 * A symbolic link of the user's own to an empty directory is that directory, and so is one with a slash behind it, whatever its directory holds. Any other
 * link is what is in the way, and what it leads to stays: somebody else may have put it there.
 */
function placeOf(directory: string): string {
  const place = resolve(directory);
  const led = realPath(directory);
  if (led === undefined || !lstatSync(place).isSymbolicLink() || !statSync(led).isDirectory()) return directory;
  const isMeant = /\/\.?$/.test(directory) || (isOwnLink(place) && readdirSync(led).length === 0);
  return isMeant ? led : directory;
}

function checkPlace(directory: string, place: string, { force, isDirectory, reads }: TargetOptions): void {
  const found = onDisk(directory, room, () => lstatSync(place, { throwIfNoEntry: false }));
  if (found === undefined) return;
  const hint = 'option force replaces it';
  if (!found.isDirectory() || !isDirectory) {
    const got = found.isSymbolicLink() ? 'a symbolic link' : found.isDirectory() ? 'a directory' : 'a file';
    const expected = isDirectory ? room : 'a place for a file';
    if (!force) throw new OciError('conflict', directory, `expected ${expected}, got ${got}`, { hint });
    if (found.isFile() && reads !== undefined && isWithin(place, reads))
      throw new OciError('conflict', directory, `expected ${expected}, got what is read`);
    if (!found.isDirectory()) return;
  }
  if (onDisk(directory, 'a directory', () => readdirSync(place)).length === 0) return;
  const needed = neededIn(place, reads);
  if (force && needed !== undefined)
    throw new OciError('conflict', directory, `expected a directory that may be replaced, got ${needed}`);
  if (!force) {
    const got = 'expected an empty or new directory, got one with files in it';
    throw new OciError('conflict', directory, got, needed === undefined ? { hint } : {});
  }
}

const move = (from: string, to: string): void => whileOpen([from], () => renameSync(from, to));

/** Puts `work` where something is, without an exchange: that waits beside its place under a name that nobody clears, and comes back where `work` cannot take its place. */
function putAside(place: string, work: string, old: string): void {
  const aside = mkdtempSync(`${place}.old-`);
  const kept = join(aside, basename(place));
  try {
    move(place, kept);
    try {
      move(work, place);
    } catch (error) {
      comeBack(kept, place, error);
    }
    move(kept, old);
  } finally {
    takeBackDirectories([aside]);
  }
}

function comeBack(kept: string, place: string, reason: unknown): never {
  try {
    move(kept, place);
  } catch {
    const hint = `what was there is whole, in ${kept}`;
    throw new OciError('conflict', place, 'expected a place for the directory, got an error', { cause: reason, hint });
  }
  throw reason;
}

function replace(place: string, work: string, old: string): void {
  if (exchange(work, place)) return;
  putAside(place, work, old);
}

interface TargetOptions {
  readonly force: boolean;
  /** Whether the work stays a directory: only then is an empty one that is there filled with what is in it. */
  readonly isDirectory: boolean;
  /** A path that the work is made of: no directory is replaced that it lies in. */
  readonly reads?: string | undefined;
}

/** What dead writers have left in a directory that they were to fill is nobody's. */
async function isToFill(directory: string, place: string): Promise<boolean> {
  const found = onDisk(directory, room, () => lstatSync(place, { throwIfNoEntry: false }));
  if (found?.isDirectory() !== true) return false;
  await clearLeftBehind(place);
  return onDisk(directory, room, () => canFill(place, found));
}

/** Where work goes on: a temporary directory that is held open, and the way out of it. */
interface Stage {
  /** The name of the directory. */
  readonly own: string;
  readonly inside: string;
  readonly work: string;
  readonly abandon: () => Promise<void>;
  /** Removes what is left in it. */
  readonly remove: () => Promise<void>;
}

async function openStage(directory: string, parent: string): Promise<Stage> {
  const made = onDisk(directory, room, () => makeDirectories(parent));
  await clearLeftBehind(parent);
  let temporary: ReturnType<typeof makeTemporaryDirectory>;
  try {
    temporary = onDisk(directory, room, () => makeTemporaryDirectory(parent));
  } catch (error) {
    takeBackDirectories(made);
    throw error;
  }
  const abandon = async (): Promise<void> => {
    await temporary.remove().catch(() => undefined);
    takeBackDirectories(made);
  };
  try {
    const { inside } = temporary;
    const work = `${inside}/new`;
    onDisk(directory, room, () => makePlainDirectory(work, 0o777));
    const remove = async (): Promise<void> => {
      await temporary.remove().catch((error: unknown) => {
        throw systemError(error, temporary.path, 'a directory that can be removed');
      });
    };
    return { own: basename(temporary.path), inside, work, abandon, remove };
  } catch (error) {
    await abandon();
    throw error;
  }
}

/**
 * Prepares a new directory, with those above it, or one that is there and empty, which stays the directory that it is. Throws `conflict` where something
 * is in the way, unless `force` is given: then that is removed, but only once the work is in its place. Never that which this process works in, nor what
 * holds what is read.
 */
export async function prepareTarget(directory: string, options: TargetOptions): Promise<Target> {
  // A file takes the place of a link, wherever that leads.
  const meant = options.isDirectory ? onDisk(directory, room, () => placeOf(directory)) : directory;
  const place = resolve(meant);
  const isFilled = options.isDirectory && (await isToFill(directory, place));
  checkPlace(directory, place, options);
  const parent = isFilled ? place : dirname(place);
  const { own, inside, work, abandon, remove } = await openStage(directory, parent);
  const put = (): (() => void) => {
    if (isFilled) return fill(place, work, own);
    const isThere = options.force && lstatSync(place, { throwIfNoEntry: false }) !== undefined;
    if (isThere) replace(place, work, `${inside}/old`);
    else move(work, place);
    return () => undefined;
  };
  return {
    place: meant,
    work,
    abandon,
    async commit(before) {
      const dress = onDisk(directory, 'a place for the directory', () => {
        const undo = before?.(`${inside}/old-beside`);
        try {
          return put();
        } catch (error) {
          undo?.();
          throw error;
        }
      });
      syncDirectory(parent);
      await remove();
      onDisk(directory, 'a directory whose attributes can be set', dress);
    },
  };
}
