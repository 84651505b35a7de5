import { closeSync, fstatSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { statIndexLimit } from '../../limits.ts';
import { statCost } from '../../stream/pace.ts';
import type { DirectoryNode, FileNode, Node, Path, Tree } from '../../tree/node.ts';
import { type Parts, partCost, partLength } from '../../tree/parts.ts';
import { eachNode } from '../../tree/walk.ts';
import { writeFully } from '../disk/atomic.ts';
import type { Stat } from '../disk/stat.ts';
import { systemError } from '../disk/system-error.ts';
import type { Known } from '../rootfs/scan.ts';
import { type Columns, decodeColumns, encodeColumns, newColumns } from './stat-index-file.ts';
import { StatIndexRecorder } from './stat-index-recorder.ts';
import { StatIndexRestorer } from './stat-index-restorer.ts';

/**
 * What a bundle was when it was unpacked, as git's index: the base's tree with content digests, and the stat of every
 * path. It is a cache: where it is lost, damaged or of another place, contents are compared instead.
 */
export interface StatIndex {
  readonly tree: Tree;
  /** What the base's contents are compared by (`createContentHash`). */
  readonly digests: ReadonlyMap<FileNode, string>;
  readonly known: Known;
}

const exact = { bigint: true } as const;

/** A tree that is at `root`, and what its contents are compared by (`createContentHash`). */
export interface WrittenTree {
  readonly root: string;
  readonly tree: Tree;
  readonly digests: ReadonlyMap<FileNode, string>;
  /** What a node was on the disk, by who has read the tree of it; of a tree that was written it is looked at. */
  readonly statOf?: ((node: Node) => Stat | undefined) | undefined;
  /** The manifest whose tree it is. */
  readonly of?: string;
  /** When (nanoseconds on the file system's clock) the tree was read of the disk: what has changed since is looked at again. When the index is written, where the tree was written to the disk. */
  readonly since?: bigint;
  /** What has been said of the tree, by what was asked. */
  readonly said?: Readonly<Record<string, string>>;
}

/** Taking a row from what is known already. */
const lookCost = partCost / partLength;

/** Records every path; yields what each cost. */
function* recordRows({ root, tree, digests, statOf, of, said }: WrittenTree, since: bigint): Parts<Columns> {
  const nodes: (readonly [Path, Node])[] = [['', tree]];
  yield* eachNode(tree, (path, node) => void nodes.push([path, node]));
  const columns = newColumns(nodes.length);
  const recorder = new StatIndexRecorder(root, { digests, statOf }, columns);
  try {
    for (const [row, [path, node]] of nodes.entries()) {
      recorder.add(row, path, node);
      yield statOf === undefined ? statCost : lookCost;
    }
  } finally {
    recorder.close();
  }
  const { targets, xattrs, times } = recorder;
  const extras = { targets, xattrs, times };
  return { ...columns, count: nodes.length, of, since, said, extras, paths: nodes.map(([path]) => path) };
}

/** Writes the index of a tree in parts: yields what each cost. */
export function* writingStatIndex(file: string, written: WrittenTree): Parts<void> {
  try {
    const descriptor = openSync(file, 'wx', 0o644);
    try {
      // Older than every stat that follows: a file that changes after its stat is never older than this.
      const since = written.since ?? fstatSync(descriptor, exact).mtimeNs;
      writeFully(descriptor, yield* encodeColumns(yield* recordRows(written, since)));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw systemError(error, file, 'a file that can be written');
  }
}

/** Whether a row is of the file that a stat is of, with its mode and owner. */
function isOwn({ numbers, wide }: Columns, row: number, stat: Stat): boolean {
  return (
    wide.inode[row] === BigInt.asIntN(64, stat.inode) &&
    wide.device[row] === BigInt.asIntN(64, stat.device) &&
    numbers.statMode[row] === stat.mode &&
    numbers.statUid[row] === stat.uid &&
    numbers.statGid[row] === stat.gid
  );
}

/** Whether a row's file has not changed since, by its stat now. */
export function isUnchanged(columns: Columns, row: number, stat: Stat): boolean {
  const { numbers, wide, since } = columns;
  // A file may change again within the clock tick of its stat, and look the same: what is that young is read, as git does.
  return (
    stat.ctime < since &&
    stat.mtime < since &&
    isOwn(columns, row, stat) &&
    wide.ctime[row] === stat.ctime &&
    wide.statMtime[row] === stat.mtime &&
    numbers.links[row] === stat.links &&
    numbers.size[row] === stat.size
  );
}

/** The rows whose stat is a path's stat now. */
class Unchanged implements Known {
  readonly #columns: Columns;
  readonly #nodes: readonly Node[];
  readonly #rows: ReadonlyMap<Path, number>;

  constructor(columns: Columns, nodes: readonly Node[], rows: ReadonlyMap<Path, number>) {
    this.#columns = columns;
    this.#nodes = nodes;
    this.#rows = rows;
  }

  lookup(path: Path, stat: Stat): Node | undefined {
    const row = this.#rows.get(path);
    return row !== undefined && isUnchanged(this.#columns, row, stat) ? this.#nodes[row] : undefined;
  }

  directory(path: Path, stat: Stat): DirectoryNode | undefined {
    const row = this.#rows.get(path);
    const { wide, since } = this.#columns;
    // Its own change may be younger than the node: what is in it makes it young as well, so that no more is asked than this.
    const isOld = row !== undefined && (wide.ctime[row] ?? since) < since;
    const node = isOld && isOwn(this.#columns, row, stat) ? this.#nodes[row] : undefined;
    return node?.kind === 'directory' ? node : undefined;
  }
}

function* restore(columns: Columns, source: string): Parts<StatIndex | undefined> {
  const restorer = new StatIndexRestorer(columns, source);
  const nodes = yield* restorer.nodes();
  const [tree] = nodes;
  if (tree?.kind !== 'directory') return undefined;
  const known = new Unchanged(columns, nodes, restorer.rows);
  return { tree, digests: restorer.digests, known };
}

/** The columns of the index of a manifest's tree; undefined where there is none, or it is damaged, of another version or manifest, or larger than `statIndexLimit`. In parts. */
export function* readColumns(file: string, of?: string): Parts<Columns | undefined> {
  try {
    const descriptor = openSync(file, 'r');
    try {
      if (fstatSync(descriptor).size > statIndexLimit) return undefined;
      const columns = yield* decodeColumns(readFileSync(descriptor));
      return columns === undefined || (columns.of ?? of) !== of ? undefined : columns;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // A cache: whatever is wrong with it, contents are compared instead.
    return undefined;
  }
}

/** The index that its columns make; undefined where they can be none. In parts. */
export function* restoreStatIndex(columns: Columns, file: string): Parts<StatIndex | undefined> {
  try {
    return yield* restore(columns, `index:${file}`);
  } catch {
    return undefined;
  }
}

/** Both. */
export function* readStatIndex(file: string, of?: string): Parts<StatIndex | undefined> {
  const columns = yield* readColumns(file, of);
  return columns && (yield* restoreStatIndex(columns, file));
}
