import { type ByteString, type FileNode, type Meta, type Node, noXattrs, type Path } from '../../tree/node.ts';
import { each, type Parts } from '../../tree/parts.ts';
import { nameOf, parentOf } from '../../tree/path.ts';
import { absentBit, type Columns, type RowKind, rowKinds } from './stat-index-file.ts';

const maxMode = 0o7777;
const noDigest = '0'.repeat(64);
const numeral = /^-?\d{1,40}$/;

/** Rebuilds the nodes of an index; throws where a row cannot be one. */
export class StatIndexRestorer {
  readonly #columns: Columns;
  readonly #source: string;
  readonly #hexadecimal: string;
  readonly #nodes: Node[] = [];
  readonly digests: Map<FileNode, string> = new Map();
  /** Rows that have a stat, by path. */
  readonly rows: Map<Path, number> = new Map();

  constructor(columns: Columns, source: string) {
    this.#columns = columns;
    this.#source = source;
    this.#hexadecimal = Buffer.from(columns.digests.buffer).toString('hex');
  }

  /** The node of every row, in parts; the first is the root. */
  *nodes(): Parts<readonly Node[]> {
    yield* each(this.#columns.paths.entries(), ([row, path]) => {
      const kind = this.#columns.kinds[row] ?? 0;
      const node = this.#node(row, rowKinds[kind & ~absentBit]);
      this.#nodes.push(node);
      this.#attach(row, path, node);
      if (kind < absentBit) this.rows.set(path, row);
    });
    return this.#nodes;
  }

  #attach(row: number, path: Path, node: Node): void {
    if (row === 0 && path === '' && node.kind === 'directory') return;
    const parent = this.#columns.numbers.parent[row] ?? -1;
    const directory = parent < row ? this.#nodes[parent] : undefined;
    const name = nameOf(path);
    if (directory?.kind !== 'directory' || parentOf(path) !== this.#columns.paths[parent]) throw new Error('parent');
    if (name === '' || name === '.' || name === '..') throw new Error('name');
    (directory.children as Map<ByteString, Node>).set(name, node);
  }

  #number(column: keyof Columns['numbers'], row: number): number {
    const value = this.#columns.numbers[column][row];
    if (value === undefined || !Number.isSafeInteger(value) || value < 0) throw new Error(column);
    return value;
  }

  #meta(row: number): Meta {
    const { extras, wide } = this.#columns;
    const [mode, time, xattrs] = [this.#number('mode', row), extras.times[row], extras.xattrs[row]];
    if (mode > maxMode || (time !== undefined && !numeral.test(time))) throw new Error('mode or time');
    return {
      mode,
      uid: this.#number('uid', row),
      gid: this.#number('gid', row),
      mtime: time === undefined ? (wide.mtime[row] ?? 0n) : BigInt(time),
      xattrs:
        xattrs === undefined
          ? noXattrs
          : new Map(xattrs.map(([name, value]) => [name, new Uint8Array(Buffer.from(value, 'base64'))])),
    };
  }

  #node(row: number, kind: RowKind | undefined): Node {
    const meta = this.#meta(row);
    switch (kind) {
      case 'file':
        return this.#file(row, meta);
      case 'hardlink': {
        const first = this.#nodes[this.#number('detail', row)];
        if (first === undefined || first.kind === 'directory') throw new Error('hardlink');
        return first;
      }
      case 'directory':
        return { kind, meta, children: new Map() };
      case 'symlink': {
        const target = this.#columns.extras.targets[row];
        if (typeof target !== 'string') throw new Error('target');
        return { kind, meta, target };
      }
      case 'char':
      case 'block': {
        const [major, minor] = [this.#number('detail', row), this.#number('minor', row)];
        return { kind: 'device', meta, type: kind, major, minor };
      }
      case 'fifo':
        return { kind, meta };
      default:
        throw new Error('kind');
    }
  }

  #file(row: number, meta: Meta): FileNode {
    const content = { source: this.#source, member: row };
    const node: FileNode = { kind: 'file', meta, size: this.#number('detail', row), content };
    const digest = this.#hexadecimal.slice(row * 64, row * 64 + 64);
    if (digest !== noDigest) this.digests.set(node, digest);
    return node;
  }
}
