import { lstatSync } from 'node:fs';
import type { FileNode, Meta, Node, Path } from '../../tree/node.ts';
import { parentOf } from '../../tree/path.ts';
import { diskPath } from '../disk/disk-path.ts';
import { type Stat, statOf } from '../rootfs/scan.ts';
import { absentBit, type newColumns, type RowKind, rowKinds } from './stat-index-file.ts';

const exact = { bigint: true, throwIfNoEntry: false } as const;

/** Fills columns from a tree as it lies on disk, parents before children. */
export class StatIndexRecorder {
  readonly #root: string;
  readonly #digests: ReadonlyMap<FileNode, string>;
  readonly #rows = new Map<Path, number>();
  readonly #first = new Map<FileNode, number>();
  readonly #columns: ReturnType<typeof newColumns>;
  readonly targets: Record<string, string> = {};
  readonly xattrs: Record<string, [string, string][]> = {};
  readonly times: Record<string, string> = {};

  constructor(root: string, digests: ReadonlyMap<FileNode, string>, columns: ReturnType<typeof newColumns>) {
    this.#root = root;
    this.#digests = digests;
    this.#columns = columns;
  }

  add(row: number, path: Path, node: Node): void {
    if (node.kind === 'directory') this.#rows.set(path, row);
    this.#columns.numbers.parent[row] = path === '' ? 0 : (this.#rows.get(parentOf(path)) ?? 0);
    const stat = lstatSync(diskPath(this.#root, path), exact);
    this.#columns.kinds[row] = rowKinds.indexOf(this.#detail(row, node)) | (stat === undefined ? absentBit : 0);
    this.#meta(row, node.meta);
    if (stat !== undefined) this.#stat(row, statOf(stat));
  }

  /** Writes what only this kind of node has, and gives its kind. */
  #detail(row: number, node: Node): RowKind {
    const { numbers, digests } = this.#columns;
    switch (node.kind) {
      case 'file': {
        const first = this.#first.get(node);
        numbers.detail[row] = first ?? node.size;
        if (first !== undefined) return 'hardlink';
        this.#first.set(node, row);
        digests.set(Buffer.from(this.#digests.get(node) ?? '', 'hex'), row * 32);
        return node.kind;
      }
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
