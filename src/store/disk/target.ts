import { lstatSync, mkdtempSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { OciError } from '../../errors.ts';
import { makeDirectories, syncDirectory, takeBackDirectories } from './atomic.ts';
import { exchange } from './exchange.ts';
import { canFill, fill, whileOpen } from './fill.ts';
import { makePlainDirectory } from './plain-directory.ts';
import { onDisk, systemError } from './system-error.ts';
import { clearLeftBehind, makeTemporaryDirectory } from './temporary.ts';

/** A directory in the making: work goes on beside its place, on the same file system. */
interface Target {
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

function checkPlace(directory: string, force: boolean): void {
  const found = onDisk(directory, room, () => lstatSync(directory, { throwIfNoEntry: false }));
  if (found === undefined || force) return;
  if (!found.isDirectory())
    throw new OciError('conflict', directory, `expected ${room}, got a file`, { hint: 'option force replaces it' });
  if (onDisk(directory, 'a directory', () => readdirSync(directory)).length > 0) {
    throw new OciError('conflict', directory, 'expected an empty or new directory, got one with files in it', {
      hint: 'option force replaces it',
    });
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
}

/** What dead writers have left in a directory that they were to fill is nobody's. */
async function isToFill(directory: string): Promise<boolean> {
  const place = resolve(directory);
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
 * is in the way, unless `force` is given: then that is removed, but only once the work is in its place.
 */
export async function prepareTarget(directory: string, options: TargetOptions): Promise<Target> {
  const place = resolve(directory);
  const isFilled = options.isDirectory && (await isToFill(directory));
  checkPlace(directory, options.force);
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
