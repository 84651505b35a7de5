import { realpathSync } from 'node:fs';
import type { FileNode, Meta, Node, Path } from '../../tree/node.ts';
import { nameOf, parentOf, textOf } from '../../tree/path.ts';
import { Descent } from '../disk/descent.ts';
import { loadNative } from '../disk/native.ts';
import type { Stat } from '../disk/stat.ts';
import { systemCode, systemError } from '../disk/system-error.ts';
import type { WrittenTree } from './stat-index.ts';
import { absentBit, type newColumns, type RowKind, rowKinds } from './stat-index-file.ts';

/** What is there; undefined for nothing. */
function found<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return undefined;
  }
}

/** Fills columns from a tree as it lies on disk, depth first. State: where in the tree it is, and what has been told of it. */
export class StatIndexRecorder {
  /** Undefined where nothing was made. */
  readonly #descent: Descent | undefined;
  readonly #known: WrittenTree['statOf'];
  readonly #digests: ReadonlyMap<FileNode, string>;
  /** The directories that the last path leads through. */
  readonly #open: { readonly path: Path; readonly row: number }[] = [];
  readonly #first = new Map<Node, number>();
  readonly #columns: ReturnType<typeof newColumns>;
  readonly #digestBytes: Buffer;
  readonly targets: Record<string, string> = {};
  readonly xattrs: Record<string, [string, string][]> = {};
  readonly times: Record<string, string> = {};

  constructor(
    root: string,
    { digests, statOf }: Pick<WrittenTree, 'digests' | 'statOf'>,
    columns: ReturnType<typeof newColumns>,
  ) {
    this.#descent = statOf === undefined ? found(() => new Descent(realpathSync(root))) : undefined;
    this.#known = statOf;
    this.#digests = digests;
    this.#columns = columns;
    this.#digestBytes = Buffer.from(columns.digests.buffer);
  }

  add(row: number, path: Path, node: Node): void {
    this.#columns.numbers.parent[row] = this.#parentOf(path);
    if (node.kind === 'directory') this.#open.push({ path, row });
    const stat = this.#known === undefined ? this.#statOf(row, path) : this.#known(node);
    this.#columns.kinds[row] = rowKinds.indexOf(this.#detail(row, node)) | (stat === undefined ? absentBit : 0);
    this.#meta(row, node.meta);
    if (stat !== undefined) this.#stat(row, stat);
  }

  /** Lets go of the directories that are open. */
  close(): void {
    this.#descent?.close();
  }

  /** The row of the directory that a path is in; the root is its own. */
  #parentOf(path: Path): number {
    const end = path.lastIndexOf('/');
    for (let top = this.#open.at(-1); top !== undefined; top = this.#open.at(-1)) {
      if (top.path === '' ? end < 0 : end === top.path.length && path.startsWith(top.path)) return top.row;
      this.#open.pop();
    }
    return 0;
  }

  #statOf(row: number, path: Path): Stat | undefined {
    const parent = this.#columns.numbers.parent[row] ?? 0;
    // The root is its own parent; what was to be in a directory that is not there is not there either.
    if (row > 0 && (this.#columns.kinds[parent] ?? 0) >= absentBit) return undefined;
    try {
      this.#descent?.enter(parentOf(path));
      return found(() => this.#descent?.stat(path === '' ? '.' : nameOf(path), loadNative()));
    } catch (error) {
      throw systemError(error, `/${textOf(path)}`, 'a path that can be looked at');
    }
  }

  /** Writes what only this kind of node has, and gives its kind. */
  #detail(row: number, node: Node): RowKind {
    const { numbers } = this.#columns;
    const first = this.#first.get(node);
    if (first !== undefined) {
      numbers.detail[row] = first;
      return 'hardlink';
    }
    if (node.kind !== 'directory') this.#first.set(node, row);
    switch (node.kind) {
      case 'file':
        numbers.detail[row] = node.size;
        this.#digestBytes.write(this.#digests.get(node) ?? '', row * 32, 'hex');
        return node.kind;
      case 'symlink':
        this.targets[row] = node.target;
        return node.kind;
      case 'device':
        numbers.detail[row] = node.major;
        numbers.minor[row] = node.minor;
        return node.type;
      default:
        return node.kind;
    }
  }

  #meta(row: number, { mode, uid, gid, mtime, xattrs }: Meta): void {
    const { numbers, wide } = this.#columns;
    numbers.mode[row] = mode;
    numbers.uid[row] = uid;
    numbers.gid[row] = gid;
    wide.mtime[row] = mtime;
    if (wide.mtime[row] !== mtime) this.times[row] = `${mtime}`;
    if (xattrs.size > 0)
      this.xattrs[row] = [...xattrs].map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
  }

  #stat(row: number, stat: Stat): void {
    const { numbers, wide } = this.#columns;
    wide.device[row] = stat.device;
    wide.inode[row] = stat.inode;
    wide.statMtime[row] = stat.mtime;
    wide.ctime[row] = stat.ctime;
    numbers.statMode[row] = stat.mode;
    numbers.statUid[row] = stat.uid;
    numbers.statGid[row] = stat.gid;
    numbers.links[row] = stat.links;
    numbers.size[row] = stat.size;
  }
}
