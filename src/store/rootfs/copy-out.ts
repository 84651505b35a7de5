import { renameSync, rmdirSync } from 'node:fs';
import type { Bytes } from '../../engine/engine.ts';
import type { Work } from '../../stream/pace.ts';
import type { ByteString, DirectoryNode, Node, Tree } from '../../tree/node.ts';
import { walk } from '../../tree/walk.ts';
import { diskPath } from '../disk/disk-path.ts';
import { loadNative } from '../disk/native.ts';
import { onDisk } from '../disk/system-error.ts';
import { prepareTarget } from '../disk/target.ts';
import type { Obstacles } from './attributes.ts';
import { playTars } from './extract.ts';
import { LeftOut } from './left-out.ts';
import { mergeInto } from './merge-copy.ts';
import { ownOwner } from './powers.ts';
import { RootfsWriter } from './writer.ts';

/** What of a node could not be made or set, as obstacles are called. */
function* lostOf(node: Node, obstacles: Obstacles): Generator<string> {
  const { uid, gid } = ownOwner();
  if (obstacles.has(node.kind)) yield node.kind;
  else if (obstacles.has('owner') && (node.meta.uid !== uid || node.meta.gid !== gid)) yield 'owner';
  for (const name of node.meta.xattrs.keys()) if (obstacles.has(`xattr ${name}`)) yield `xattr ${name}`;
}

function warningsOf(writer: RootfsWriter, tree: Tree): readonly string[] {
  const left = new LeftOut();
  if (writer.obstacles.size > 0)
    for (const [, node] of walk(tree)) for (const lost of lostOf(node, writer.obstacles)) left.count(lost);
  return [...left.sentences(writer.obstacles), ...writer.warnings];
}

/** Plays a tar on an empty directory. */
async function extract(tar: Bytes, directory: string, { signal }: Work): Promise<readonly string[]> {
  const writer = new RootfsWriter(directory, { native: loadNative() });
  try {
    const origin = { identity: 'copy', subject: directory, signal };
    const tree = await playTars([{ ...origin, open: () => tar }], writer, { subject: directory, signal });
    return warningsOf(writer, tree);
  } finally {
    writer.close();
  }
}

/**
 * Puts what is in the directory that a tar holds at its top, `name`, into a directory that is there. Answers what could not be carried. Throws as `mergeInto`.
 */
export async function mergeCopy(
  tar: Bytes,
  { place, name, node, work }: { place: string; name: string; node: DirectoryNode; work: Work },
): Promise<readonly string[]> {
  let warnings: readonly string[] = [];
  const make = async (below: string): Promise<void> => {
    warnings = await extract(tar, below, work);
  };
  await mergeInto(place, { node, make, name, signal: work.signal });
  return warnings;
}

interface Copied {
  readonly place: string;
  readonly name: ByteString;
  readonly force: boolean;
  readonly isDirectory: boolean;
  /** Where the tar is made of. */
  readonly reads: string;
  readonly work: Work;
}

/**
 * Puts the one thing that a tar holds at its top, `name`, into its place on disk: a file, a link or a directory with all that is in it. It
 * appears when all of it is there. Answers what could not be carried. Throws `conflict` where something is in the way, unless `force` is given.
 */
export async function putCopy(
  tar: Bytes,
  { place, name, force, isDirectory, reads, work }: Copied,
): Promise<readonly string[]> {
  const target = await prepareTarget(place, { force, isDirectory, reads });
  try {
    const warnings = await extract(tar, target.work, work);
    onDisk(place, 'a place for what is copied', () => {
      const copy = diskPath(target.work, name);
      const aside = `${target.work}.copy`;
      renameSync(copy, aside);
      rmdirSync(target.work);
      renameSync(aside, target.work);
    });
    await target.commit();
    return warnings;
  } catch (error) {
    await target.abandon();
    throw error;
  }
}
