import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ImageSource } from '../../graph/source.ts';
import type { Descriptor } from '../../spec/objects.ts';
import { drain } from '../../stream/drain.ts';
import { flow } from '../../stream/flow.ts';
import { verified } from '../../stream/verified.ts';
import { makeDirectories, syncDirectory, writeFully } from '../disk/atomic.ts';
import { regionChunks } from '../disk/region.ts';
import { onDisk, systemCode } from '../disk/system-error.ts';
import { makeTemporaryDirectory } from '../disk/temporary.ts';
import { blobPath } from './blobs.ts';

const readable = 0o444;

/** Whether another file's bytes may be shared: a whole regular file that everybody may read, as blobs are, or that is ours. */
function isShareable(path: string, size: number): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true || found.size !== size) return false;
  return (found.mode & readable) === readable || found.uid === process.geteuid?.();
}

/** What a file system says where it cannot share bytes in this way: then the next way is tried. */
const isRefused = (error: unknown): boolean => systemCode(error) !== undefined && systemCode(error) !== 'ENOSPC';

/** Makes `to` the same bytes as `from` without copying them: by reflink, else by hardlink. False where neither can be. */
function share(from: string, to: string): boolean {
  const ways = [() => copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE), () => linkSync(from, to)];
  for (const way of ways) {
    try {
      way();
      return true;
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }
  return false;
}

/** Reads what was shared to its end, so that what is checked is what is here. */
async function checkFile(path: string, descriptor: Descriptor, source: ImageSource): Promise<void> {
  const subject = `${source.subject}: blob ${descriptor.digest}`;
  const file = onDisk(subject, 'a blob that can be read', () => openSync(path, 'r'));
  try {
    const bytes = flow(regionChunks(file, { offset: 0, size: descriptor.size }, subject), source.work ?? {});
    await drain(verified(bytes, descriptor, subject));
  } finally {
    closeSync(file);
  }
}

async function copyBlob(
  source: ImageSource,
  descriptor: Descriptor,
  options: { to: string; subject: string },
): Promise<void> {
  const { to, subject } = options;
  const room = 'room for a blob';
  const file = onDisk(subject, room, () => openSync(to, 'wx', 0o644));
  try {
    for await (const chunk of source.open(descriptor)) onDisk(subject, room, () => writeFully(file, chunk));
    onDisk(subject, room, () => {
      fchmodSync(file, 0o644);
      fsyncSync(file);
    });
  } finally {
    closeSync(file);
  }
}

/**
 * Stores a blob of another place under its digest, checked; `subject` names the layout in messages: shared where the file system can, else copied. One that is there
 * already with the same size is kept, unread. Throws as the source's `open`, and `conflict` where the disk takes no more.
 */
export async function bringBlob(
  layout: string,
  source: ImageSource,
  { descriptor, subject }: { readonly descriptor: Descriptor; readonly subject: string },
): Promise<void> {
  const target = blobPath(layout, descriptor);
  const place = 'a layout that can be written to';
  if (onDisk(subject, place, () => statSync(target, { throwIfNoEntry: false }))?.size === descriptor.size) return;
  const stage = onDisk(subject, place, () => makeTemporaryDirectory(layout));
  try {
    const staged = join(stage.path, basename(target));
    const from = source.fileOf(descriptor);
    const isShared =
      from !== undefined &&
      from.offset === 0 &&
      descriptor.data == null &&
      isShareable(from.path, descriptor.size) &&
      share(from.path, staged);
    if (isShared) await checkFile(staged, descriptor, source);
    else await copyBlob(source, descriptor, { to: staged, subject });
    onDisk(subject, place, () => {
      makeDirectories(dirname(target));
      renameSync(staged, target);
      syncDirectory(dirname(target));
    });
  } finally {
    stage.removeNow();
  }
}
