import type { Directories } from '../../runner/job.ts';
import { openRootfsDirectory } from '../../store/rootfs/directory.ts';
import { readUpper } from '../../store/rootfs/upper.ts';
import type { FileNode, LayerEntry, Path, Tree } from '../../tree/node.ts';
import { ancestorsOf } from '../../tree/path.ts';
import { find } from '../../tree/walk.ts';
import type { Side } from '../compare.ts';
import type { Work } from '../options.ts';
import { applied } from './files.ts';
import { storedChanges } from './layer.ts';
import type { Doing, Made } from './steps.ts';

/** What a program has run on, and where what it changed is. */
interface Ran {
  readonly doing: Doing;
  readonly tree: Tree;
  readonly lower: Directories;
  /** Undefined where it has changed the only directory of `lower` itself. */
  readonly upper: string | undefined;
}

/** The layer of what a program changed, and the files that it left. */
export async function ranLayer({ doing, tree, lower, upper }: Ran): Promise<Made> {
  const { building } = doing;
  const { files, options } = building;
  if (upper === undefined) {
    const rootfs = openRootfsDirectory(lower[0] as string, { work: options });
    const after = await rootfs.tree();
    await files.addRootfs(rootfs, after, options);
    return { ...(await storedChanges({ tree, digests: all => files.digests(all) }, after, doing)), laid: lower };
  }
  const read = await readUpper(upper, options);
  await files.addRootfs(read.rootfs, read.tree, options);
  const { entries } = read;
  const after = await applied(tree, entries, options);
  const before: Side = { tree, digests: all => lowerDigests(all, { entries, tree, lower, options }) };
  return { ...(await storedChanges(before, after, doing)), laid: [...lower, upper] };
}

interface Below {
  readonly entries: readonly LayerEntry[];
  readonly tree: Tree;
  readonly lower: Directories;
  readonly options: Work;
}

/** What files of the stage below are compared by: those that the program has touched lie there on the disk. */
async function lowerDigests(
  wanted: ReadonlySet<FileNode>,
  { entries, tree, lower, options }: Below,
): Promise<ReadonlyMap<FileNode, string>> {
  const left = new Map<FileNode, Path>();
  for (const { path } of entries) {
    const node = find(tree, path);
    if (node?.kind === 'file' && wanted.has(node)) left.set(node, path);
  }
  const digests = new Map<FileNode, string>();
  for (const directory of [...lower].reverse()) {
    if (left.size === 0) break;
    for (const [node, digest] of await digestsIn(directory, left, options)) {
      digests.set(node, digest);
      left.delete(node);
    }
  }
  return digests;
}

async function digestsIn(
  directory: string,
  wanted: ReadonlyMap<FileNode, Path>,
  work: Work,
): Promise<ReadonlyMap<FileNode, string>> {
  const paths = new Set(wanted.values());
  const above = new Set([...paths].flatMap(path => [...ancestorsOf(path)]));
  const selection = { has: (path: Path): boolean => paths.has(path), leads: (path: Path): boolean => above.has(path) };
  const rootfs = openRootfsDirectory(directory, { selection, work });
  const tree = await rootfs.tree();
  const found = new Map<FileNode, FileNode>();
  for (const [node, path] of wanted) {
    const there = find(tree, path);
    if (there?.kind === 'file') found.set(node, there);
  }
  const digests = await rootfs.digests(new Set(found.values()));
  return new Map([...found].map(([node, there]) => [node, digests.get(there) ?? ''] as const));
}
