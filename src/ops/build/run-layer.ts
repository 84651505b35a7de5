import type { Directories } from '../../runner/job.ts';
import { openRootfsDirectory } from '../../store/rootfs/directory.ts';
import { readUpper } from '../../store/rootfs/upper.ts';
import { Pace } from '../../stream/pace.ts';
import { applyInParts } from '../../tree/apply.ts';
import { emptyTree, type FileNode, type LayerEntry, type Node, type Path, type Tree } from '../../tree/node.ts';
import { ancestorsOf } from '../../tree/path.ts';
import { find } from '../../tree/walk.ts';
import type { Side } from '../compare.ts';
import type { Work } from '../options.ts';
import { storedChanges } from './layer.ts';
import type { Doing, Made } from './steps.ts';

/** What a program has run on, and where what it changed is. */
interface Ran {
  readonly doing: Doing;
  readonly tree: Tree;
  readonly lower: Directories;
  /** Undefined where it has changed the only directory of `lower` itself. */
  readonly upper: string | undefined;
  /** Everything on the disk belongs to root there. */
  readonly hasOneID: boolean;
}

/** The layer of what a program changed, and the files that it left. */
export async function ranLayer({ doing, tree, lower, upper, hasOneID }: Ran): Promise<Made> {
  const { building } = doing;
  const { files, options } = building;
  if (upper === undefined) {
    const rootfs = openRootfsDirectory(lower[0] as string, { work: options });
    const found = await rootfs.tree();
    await files.addRootfs(rootfs, found, options);
    const after = hasOneID ? await ownedAsBelow(lower[0] as string, tree, options) : found;
    return { ...(await storedChanges({ tree, digests: all => files.digests(all) }, after, doing)), laid: lower };
  }
  const read = await readUpper(upper, options);
  await files.addRootfs(read.rootfs, read.tree, options);
  const entries = hasOneID ? asBelow(read.entries, tree) : read.entries;
  const after = await new Pace(options.signal).run(applyInParts(tree, entries));
  const before: Side = { tree, digests: all => lowerDigests(all, { entries, tree, lower, options }) };
  return { ...(await storedChanges(before, after, doing)), laid: [...lower, upper] };
}

/** Where there is one owner on the disk, what was there before keeps its own, and what is new is root's. */
function asBelow(entries: readonly LayerEntry[], tree: Tree): readonly LayerEntry[] {
  return entries.map(entry =>
    entry.kind === 'node' ? { ...entry, node: withOwner(entry.node, find(tree, entry.path)) } : entry,
  );
}

function withOwner<Of extends Node>(node: Of, old: Node | undefined): Of {
  if (old?.kind !== node.kind) return node;
  const { uid, gid } = old.meta;
  return { ...node, meta: { ...node.meta, uid, gid } };
}

/** A directory that a program has changed itself, the same. */
async function ownedAsBelow(directory: string, tree: Tree, work: Work): Promise<Tree> {
  const { entries } = await readUpper(directory, work);
  return new Pace(work.signal).run(applyInParts(emptyTree(), asBelow(entries, tree)));
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
