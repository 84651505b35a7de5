import { closeSync, constants, copyFileSync, linkSync, lstatSync, openSync, unlinkSync } from 'node:fs';
import type { ImageSource } from '../../graph/source.ts';
import type { Descriptor } from '../../spec/objects.ts';
import { drain } from '../../stream/drain.ts';
import { flow } from '../../stream/flow.ts';
import { verified } from '../../stream/verified.ts';
import { fsynced } from '../disk/atomic.ts';
import { regionChunks } from '../disk/region.ts';
import { onDisk, systemCode } from '../disk/system-error.ts';
import { writeBlob } from './blobs.ts';

const othersMayWrite = 0o022;

/** Whether a path is a regular file of the size that is expected. */
function isWhole(path: string, size: number): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size === size;
}

/** What a file system says where it cannot share bytes in this way: then the next way is tried. */
const isRefused = (error: unknown): boolean => systemCode(error) !== undefined && systemCode(error) !== 'ENOSPC';

/** A reflink has the bytes of now: who owns the other file may change it as he likes. */
function reflink(from: string, to: string): boolean {
  copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE);
  return true;
}

/**
 * A hardlink is the same file for ever: only one that nobody but this user may write to. What counts is the file that has been
 * linked, whatever stood at its path a moment before; every other name of it has the same owner and mode.
 */
function hardlink(from: string, to: string): boolean {
  linkSync(from, to);
  const { uid, mode } = lstatSync(to);
  if (uid === process.geteuid?.() && (mode & othersMayWrite) === 0) return true;
  unlinkSync(to);
  return false;
}

/** Makes `to` the same bytes as `from` without copying them. False where that cannot be. */
function share(from: string, to: string): boolean {
  for (const way of [reflink, hardlink]) {
    try {
      if (way(from, to)) return true;
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }
  return false;
}

/** Reads what was shared to its end, so that what is checked is what is here, and waits until the disk has it. */
async function checkFile(path: string, descriptor: Descriptor, source: ImageSource): Promise<void> {
  const subject = `${source.subject}: blob ${descriptor.digest}`;
  const expected = 'a blob that can be read';
  const file = onDisk(subject, expected, () => openSync(path, 'r'));
  try {
    const bytes = flow(regionChunks(file, { offset: 0, size: descriptor.size }, subject), source.work ?? {});
    await drain(verified(bytes, descriptor, subject));
    await fsynced(file, subject, expected);
  } finally {
    closeSync(file);
  }
}

/**
 * Writes a blob of another place into a new file, checked: shared where the file system can and nobody else could change it,
 * else copied. `subject` names the layout in messages. Throws as the source's `open`, and `conflict` where the disk takes no more.
 */
export async function bringBlob(
  source: ImageSource,
  descriptor: Descriptor,
  { to, subject }: { readonly to: string; readonly subject: string },
): Promise<void> {
  const from = descriptor.data == null ? source.fileOf(descriptor) : undefined;
  const isShared =
    from !== undefined &&
    from.offset === 0 &&
    onDisk(subject, 'room for a blob', () => isWhole(from.path, descriptor.size) && share(from.path, to));
  if (isShared) await checkFile(to, descriptor, source);
  else await writeBlob(to, source.open(descriptor), subject);
}
