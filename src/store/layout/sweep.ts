import { renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Document, ImageIndex } from '../../spec/objects.ts';
import type { Work } from '../../stream/pace.ts';
import { syncDirectory } from '../disk/atomic.ts';
import { onDisk, systemCode } from '../disk/system-error.ts';
import { makeTemporaryDirectory } from '../disk/temporary.ts';
import { type StandingFile, standingAt } from './blob-files.ts';
import { filesOfBeat } from './incoming.ts';
import { changedIndex, readIndexFile } from './layout.ts';
import { type Beat, underLock, writableLayout } from './lock.ts';

interface Sweep {
  /** What is to go, as it was found. */
  readonly files: readonly StandingFile[];
  /** What its removal was decided by. */
  readonly index: Document<ImageIndex>;
  readonly change?: (index: ImageIndex) => ImageIndex;
}

const same = (index: ImageIndex): ImageIndex => index;

type Move = readonly [from: string, to: string];

function moveBack(moved: readonly Move[]): void {
  for (const [from, to] of moved) renameSync(to, from);
}

/** Moves files out of a layout, unless somebody has touched them since they were found; what went by itself is gone. */
function moveOut(
  files: readonly StandingFile[],
  stage: string,
  { moved, beat }: { readonly moved: Move[]; readonly beat: Beat },
): void {
  for (const [at, { path, mtime, size }] of files.entries()) {
    if (at % filesOfBeat === 0) beat();
    const now = standingAt(path);
    if (now === undefined || (!now.isDirectory && (now.mtime !== mtime || now.size !== size))) continue;
    const to = join(stage, `${moved.length}-${basename(path).slice(0, 100)}`);
    try {
      renameSync(path, to);
      moved.push([path, to]);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }
  for (const directory of new Set(moved.map(([from]) => dirname(from)))) syncDirectory(directory);
}

/**
 * Takes files out of a layout, or entries out of its index, under its lock: answers the index then, or undefined, and nothing has
 * changed, where it is no longer the one that this was decided by. The files are moved first and come back where the lock has
 * been lost, so that no writer ever misses one that its index names; they are removed when the lock has been given back, as that
 * takes long. A process that is killed meanwhile leaves no index that names what has gone: entries go before, in a sweep of their own.
 */
export async function sweep(
  layout: string,
  { files, index, change = same }: Sweep,
  work: Work,
): Promise<Document<ImageIndex> | undefined> {
  const stage = onDisk(layout, writableLayout, () => makeTemporaryDirectory(layout));
  try {
    return await underLock(
      layout,
      replace => {
        const before = readIndexFile(layout);
        if (Buffer.compare(before.bytes, index.bytes) !== 0) return undefined;
        const after = change(index.value) === index.value ? before : changedIndex(index.value, change, layout);
        if (after === before && files.length === 0) return before;
        const moved: Move[] = [];
        try {
          // The same bytes again, where no entry goes: the rename is what proves that the lock is still ours.
          replace(join(layout, 'index.json'), after.bytes, beat => moveOut(files, stage.inside, { moved, beat }));
        } catch (error) {
          moveBack(moved);
          throw error;
        }
        syncDirectory(layout);
        return after;
      },
      work,
    );
  } finally {
    await stage.remove();
  }
}
