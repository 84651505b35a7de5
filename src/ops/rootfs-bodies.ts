import type { LayerTar } from '../codec/tree-writer.ts';
import type { Bytes } from '../engine/engine.ts';
import { changed } from '../errors.ts';
import { memberBytes, runsOf } from '../graph/file-bytes.ts';
import type { RootfsDirectory } from '../store/rootfs/directory.ts';
import { flow } from '../stream/flow.ts';
import type { Work } from '../stream/pace.ts';
import { contentKey, type FileNode, type Path, type Tree } from '../tree/node.ts';
import { textOf } from '../tree/path.ts';
import { find } from '../tree/walk.ts';
import type { PlacedFile } from './placed-file.ts';

export const nodesOf = (files: readonly PlacedFile[]): readonly FileNode[] => files.map(({ node }) => node);

/** The contents of files of a tar one after the other. */
export async function* tarBytes(tar: LayerTar, files: readonly PlacedFile[]): Bytes {
  for (const run of runsOf(nodesOf(files))) yield* memberBytes(tar.open(), tar, run);
}

function* bodiesOf(rootfs: Pick<RootfsDirectory, 'body'>, files: readonly PlacedFile[]): Generator<Uint8Array> {
  for (const { path, node } of files) yield* rootfs.body(path, node);
}

/** The contents of files of a directory one after the other. */
export function directoryBytes(rootfs: Pick<RootfsDirectory, 'body'>, files: readonly PlacedFile[], work: Work): Bytes {
  return flow(bodiesOf(rootfs, files), work);
}

/** Files with their contents whole. */
export type Bodies = AsyncIterable<readonly [FileNode, Uint8Array]>;

/** The contents of files that are only listed here: those of another root filesystem at their paths, which is opened where there are any. */
export async function* bodiesElsewhere(
  open: () => Promise<{ readonly tree: Tree; readonly bodies: (files: ReadonlyMap<FileNode, Path>) => Bodies }>,
  files: ReadonlyMap<FileNode, Path>,
): AsyncGenerator<readonly [FileNode, Uint8Array]> {
  if (files.size === 0) return;
  const { tree, bodies } = await open();
  const listed = new Map<string, FileNode[]>();
  const placed = new Map<FileNode, Path>();
  for (const [file, path] of files) {
    const node = find(tree, path);
    if (node?.kind !== 'file') throw changed(`/${textOf(path)}`);
    listed.set(contentKey(node), [...(listed.get(contentKey(node)) ?? []), file]);
    placed.set(node, path);
  }
  for await (const [node, bytes] of bodies(placed))
    for (const file of listed.get(contentKey(node)) ?? []) yield [file, bytes];
}
