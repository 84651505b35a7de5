import { realpathSync, renameSync } from 'node:fs';
import { changed, OciError } from '../../errors.ts';
import { fileCost, Pace } from '../../stream/pace.ts';
import type { ByteString, DirectoryNode, Path } from '../../tree/node.ts';
import type { Parts } from '../../tree/parts.ts';
import { joinPath, shortTextOf } from '../../tree/path.ts';
import { Descent } from '../disk/descent.ts';
import { exchange } from '../disk/exchange.ts';
import { whileOpen } from '../disk/fill.ts';
import { loadNative } from '../disk/native.ts';
import { makePlainDirectory } from '../disk/plain-directory.ts';
import { kindOf } from '../disk/stat.ts';
import { onDisk, systemCode, unlessRaced } from '../disk/system-error.ts';
import { clearLeftBehind, makeTemporaryDirectory } from '../disk/temporary.ts';

/** A way through one of the two, and the file system that it is on: what is mounted in it cannot be moved to. */
interface Side {
  readonly descent: Descent;
  readonly device: bigint;
}

/** One thing that has been put in its place; where something was there, that is where it came from now. */
interface Moved {
  readonly at: Path;
  readonly name: ByteString;
  readonly replaced: boolean;
}

/** What is copied stands below the one root already, and goes below the other. Both are where the walk is. */
interface Merge {
  readonly from: Side;
  readonly to: Side;
  /** The directory as it was named. */
  readonly place: string;
  /** What has been done so far, so that it can be taken back. */
  readonly moved: Moved[];
}

type What = 'nothing' | 'directory' | 'file' | 'mount point';

/** What is at a name of a directory; a symbolic link is a file as any other. */
function whatIs({ descent, device }: Side, directory: Path, name: ByteString): What {
  descent.enter(directory);
  const found = unlessRaced(['ENOENT'], () => descent.stat(name, loadNative()));
  if (found === undefined) return 'nothing';
  if (kindOf(found) !== 'directory') return 'file';
  return found.device === device ? 'directory' : 'mount point';
}

/** Throws where a file would take a directory's place, or a directory a file's: either is more than was asked for. */
function* checking(merge: Merge, { children }: DirectoryNode, at: Path): Parts<void> {
  for (const [name, node] of children) {
    const path = joinPath(at, name);
    const there = whatIs(merge.to, at, name);
    const comes: What = node.kind === 'directory' ? 'directory' : 'file';
    if (there !== 'nothing' && there !== comes) {
      const subject = `${merge.place}/${shortTextOf(path)}`;
      throw new OciError('conflict', subject, `expected a place for a ${comes}, got a ${there}`);
    }
    if (there === 'directory') yield* checking(merge, node as DirectoryNode, path);
    yield fileCost;
  }
}

/** Where a name is on both sides. */
interface Ends {
  readonly path: string | Buffer;
  readonly place: string | Buffer;
}

function endsOf({ from, to }: Merge, at: Path, name: ByteString): Ends {
  from.descent.enter(at);
  to.descent.enter(at);
  return { path: from.descent.place(name), place: to.descent.place(name) };
}

function whileMovable({ from, to }: Merge, path: string | Buffer, action: () => void): void {
  whileOpen([from.descent.place('.'), to.descent.place('.'), path], action);
}

/** Puts a thing into its place, or lets it change places with the file that is there; without such a call that one cannot come back. */
function moveIn(merge: Merge, { at, name, replaced }: Moved): void {
  const { path, place } = endsOf(merge, at, name);
  let isKept = true;
  whileMovable(merge, path, () => {
    isKept = replaced && exchange(path, place);
    if (!isKept) renameSync(path, place);
  });
  if (isKept || !replaced) merge.moved.push({ at, name, replaced });
  if (isKept && whatIs(merge.from, at, name) !== 'file')
    throw changed(`${merge.place}/${shortTextOf(joinPath(at, name))}`, 'a file', 'written');
}

/** Takes back what has been done, the last first; what somebody has changed meanwhile stays as he made it. */
function takeBack(merge: Merge): void {
  for (const { at, name, replaced } of merge.moved.splice(0).reverse()) {
    try {
      const { path, place } = endsOf(merge, at, name);
      whileMovable(merge, place, () => void ((replaced && exchange(path, place)) || renameSync(place, path)));
    } catch (error) {
      if (!(error instanceof OciError) && systemCode(error) === undefined) throw error;
    }
  }
}

function* merging(merge: Merge, { children }: DirectoryNode, at: Path): Parts<void> {
  for (const [name, node] of children) {
    const path = joinPath(at, name);
    const there = whatIs(merge.to, at, name);
    if (node.kind === 'directory' && there === 'directory') yield* merging(merge, node, path);
    // What could not be made has been told of.
    else if (whatIs(merge.from, at, name) !== 'nothing') {
      const moved = { at, name, replaced: there !== 'nothing' };
      onDisk(`${merge.place}/${shortTextOf(path)}`, 'a place for what is copied', () => moveIn(merge, moved));
    }
    yield fileCost;
  }
}

interface Merged {
  readonly node: DirectoryNode;
  /** Makes it below a path, as `name`. */
  readonly make: (below: string) => Promise<void>;
  readonly name: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Puts what is in a directory into another that is there, `place`: files take the places of files, and whatever else is there stays, as do the attributes of
 * directories. Each file is there whole or not at all; where a directory and a file would meet, nothing is changed, and what has been is taken back where the disk
 * or a signal ends it. Throws `conflict` there.
 */
export async function mergeInto(place: string, { node, make, name, signal }: Merged): Promise<void> {
  const room = 'a directory that can be written to';
  const root = onDisk(place, room, () => realpathSync(place));
  await clearLeftBehind(root);
  const stage = onDisk(place, room, () => makeTemporaryDirectory(root));
  const open: Descent[] = [];
  const side = (path: string): Side => {
    const descent = onDisk(place, room, () => new Descent(path, { use: 'written' }));
    open.push(descent);
    return { descent, device: descent.stat('.', loadNative()).device };
  };
  try {
    const work = `${stage.inside}/new`;
    onDisk(place, room, () => makePlainDirectory(work, 0o777));
    await make(work);
    const merge = { from: side(`${work}/${name}`), to: side(root), place, moved: [] };
    const pace = new Pace(signal);
    await pace.run(checking(merge, node, ''));
    await pace.run(merging(merge, node, '')).catch((error: unknown) => {
      takeBack(merge);
      throw error;
    });
  } finally {
    for (const one of open) one.close();
    // What happened before is what counts: the next writer removes what is left.
    await stage.remove().catch(() => undefined);
  }
}
