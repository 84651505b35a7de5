import { chmodSync, chownSync } from 'node:fs';
import { Pace, type Work } from '../../stream/pace.ts';
import { leafEntry } from '../../tree/leaf-entry.ts';
import type { DirectoryNode, LayerEntry, Node, Path, Tree } from '../../tree/node.ts';
import { each } from '../../tree/parts.ts';
import { walk } from '../../tree/walk.ts';
import { diskPath } from '../disk/disk-path.ts';
import { loadNative } from '../disk/native.ts';
import { openRootfsDirectory, type RootfsDirectory } from './directory.ts';
import { diskOwnerOf, makingOfProcess, powersOf } from './powers.ts';

/** An upper directory of overlayfs as a layer: the kernel's marks of what is hidden are whiteouts. */
export interface Upper {
  readonly rootfs: RootfsDirectory;
  readonly tree: Tree;
  /** The root's own first. */
  readonly entries: readonly LayerEntry[];
}

const marks = ['trusted.overlay.opaque', 'user.overlay.opaque'];

const isWhiteout = (node: Node): boolean =>
  node.kind === 'device' && node.type === 'char' && node.major === 0 && node.minor === 0;

/** Reads what a run has left in its upper directory. */
export async function readUpper(directory: string, work: Work): Promise<Upper> {
  const native = loadNative();
  const rootfs = openRootfsDirectory(directory, { work });
  const tree = await rootfs.tree();
  const entries: LayerEntry[] = [{ kind: 'node', path: '', node: own(tree) }];
  const firstNames = new Map<Node, Path>();
  const isOpaque = (path: string): boolean =>
    marks.some(mark => native?.hasXattr(Buffer.from(diskPath(directory, path)), mark) === true);
  await new Pace(work.signal).run(
    each(walk(tree), ([path, node]) => {
      if (isWhiteout(node)) return void entries.push({ kind: 'whiteout', path });
      if (node.kind === 'directory') {
        entries.push({ kind: 'node', path, node: own(node) });
        if (isOpaque(path)) entries.push({ kind: 'opaque', path });
        return undefined;
      }
      entries.push(leafEntry(path, node, firstNames));
      return undefined;
    }),
  );
  return { rootfs, tree, entries };
}

/** A directory without what is in it, which has entries of its own. */
const own = (node: DirectoryNode): DirectoryNode => ({ ...node, children: new Map() });

/** Prepares an empty directory for what changes: what is seen of its own is the root's. */
export function makeUpper(directory: string, { meta }: Tree): string {
  const owner = diskOwnerOf(meta, powersOf(makingOfProcess()));
  chownSync(directory, owner.uid, owner.gid);
  chmodSync(directory, meta.mode);
  return directory;
}
