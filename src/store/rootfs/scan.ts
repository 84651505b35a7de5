import { type BigIntStats, lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { invalid } from '../../errors.ts';
import {
  type ByteString,
  type DirectoryNode,
  type FileNode,
  type Meta,
  type Node,
  noXattrs,
  type Path,
  type Tree,
} from '../../tree/node.ts';
import { joinPath, textOf } from '../../tree/path.ts';
import { diskPath } from '../disk/disk-path.ts';
import type { Native } from '../disk/native.ts';
import { onDisk, systemError } from '../disk/system-error.ts';

/** What the stat index compares: everything that changes when a file does. */
export interface Stat {
  readonly device: bigint;
  readonly inode: bigint;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  readonly size: number;
  /** Nanoseconds. */
  readonly mtime: bigint;
  readonly ctime: bigint;
}

/** What is known of a path before it is read: its node, where the stat says that nothing has changed. */
export interface Known {
  lookup(path: Path, stat: Stat): Node | undefined;
  /** A directory whose own mode and owner are as they were, whatever changed in it. */
  directory(path: Path, stat: Stat): DirectoryNode | undefined;
}

export interface ScanOptions {
  readonly native: Native | undefined;
  /** What file contents are identified by. */
  readonly source: string;
  readonly known?: Known;
}

export interface Scan {
  readonly root: string;
  readonly tree: Tree;
  /** The files that were met, each once whatever its number of names. */
  readonly stats: ReadonlyMap<FileNode, Stat>;
  readonly warnings: readonly string[];
}

/** A path that is being looked at. */
interface Met {
  readonly path: Path;
  readonly place: string | Buffer;
  readonly stat: Stat;
}

const exact = { bigint: true } as const;

export function statOf(found: BigIntStats): Stat {
  return {
    device: found.dev,
    inode: found.ino,
    mode: Number(found.mode),
    uid: Number(found.uid),
    gid: Number(found.gid),
    links: Number(found.nlink),
    size: Number(found.size),
    mtime: found.mtimeNs,
    ctime: found.ctimeNs,
  };
}

/** Linux's device numbers. */
const majorOf = (device: bigint): number => Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn));
const minorOf = (device: bigint): number => Number((device & 0xffn) | ((device >> 12n) & ~0xffn));

const wide = /[^\x01-\x7f]/;

/** Names in a directory as byte strings. Names outside ASCII are read again as bytes: decoding would lose some. */
function namesIn(place: string | Buffer): ByteString[] {
  const names = readdirSync(place, 'utf8');
  if (!names.some(name => wide.test(name))) return names;
  return readdirSync(place, 'buffer').map(name => name.toString('latin1'));
}

/** A walk of one directory tree. State: what was met so far, and where it is, for the one message that may be needed. */
class Scanner {
  readonly #root: string;
  readonly #options: ScanOptions;
  readonly #linked = new Map<string, FileNode>();
  #member = 0;
  #at: Path = '';
  #expected = '';
  #warnedOfXattrs = false;
  readonly stats = new Map<FileNode, Stat>();
  readonly warnings: string[] = [];

  constructor(root: string, options: ScanOptions) {
    this.#root = root;
    this.#options = options;
  }

  tree(): Tree {
    try {
      return this.#walk();
    } catch (error) {
      throw systemError(error, this.#at === '' ? this.#root : `/${textOf(this.#at)}`, this.#expected);
    }
  }

  #walk(): Tree {
    const root = this.#directory(this.#meet(''));
    const pending: { readonly path: Path; readonly children: Map<ByteString, Node> }[] = [];
    const enter = (path: Path, { meta }: DirectoryNode): DirectoryNode => {
      const children = new Map<ByteString, Node>();
      pending.push({ path, children });
      return { kind: 'directory', meta, children };
    };
    const tree = enter('', root);
    for (let top = pending.pop(); top !== undefined; top = pending.pop()) {
      this.#expect(top.path, 'a directory that can be read');
      for (const name of namesIn(diskPath(this.#root, top.path))) {
        const path = joinPath(top.path, name);
        const node = this.#node(path);
        if (node !== undefined) top.children.set(name, node.kind === 'directory' ? enter(path, node) : node);
      }
    }
    return tree;
  }

  #expect(path: Path, expected: string): void {
    this.#at = path;
    this.#expected = expected;
  }

  #meet(path: Path): Met & { readonly found: BigIntStats } {
    this.#expect(path, 'a path that can be looked at');
    const place = diskPath(this.#root, path);
    const found = lstatSync(place, exact);
    return { path, place, stat: statOf(found), found };
  }

  #node(path: Path): Node | undefined {
    const met = this.#meet(path);
    if (met.found.isFile()) return this.#file(met);
    const known = this.#options.known?.lookup(path, met.stat);
    if (known !== undefined) return known;
    return met.found.isDirectory() ? this.#directory(met) : this.#special(met, met.found);
  }

  #special(met: Met, found: BigIntStats): Node | undefined {
    if (found.isSymbolicLink()) return { kind: 'symlink', meta: this.#meta(met), target: this.#target(met) };
    if (found.isFIFO()) return { kind: 'fifo', meta: this.#meta(met) };
    if (found.isCharacterDevice() || found.isBlockDevice()) {
      const type = found.isBlockDevice() ? 'block' : 'char';
      const { rdev } = found;
      return { kind: 'device', meta: this.#meta(met), type, major: majorOf(rdev), minor: minorOf(rdev) };
    }
    this.warnings.push(`/${textOf(met.path)}: a socket, which no layer can hold, is left out`);
    return undefined;
  }

  #directory(met: Met): DirectoryNode {
    const { meta } = this.#options.known?.directory(met.path, met.stat) ?? {};
    if (meta === undefined) return { kind: 'directory', meta: this.#meta(met), children: new Map() };
    // Without native calls nothing says that the attributes are not as they were.
    const xattrs = this.#options.native === undefined ? meta.xattrs : this.#xattrs(met);
    return { kind: 'directory', meta: { ...meta, mtime: met.stat.mtime, xattrs }, children: new Map() };
  }

  #file(met: Met): FileNode {
    const { stat } = met;
    const key = stat.links > 1 ? `${stat.device}:${stat.inode}` : undefined;
    const linked = key === undefined ? undefined : this.#linked.get(key);
    if (linked !== undefined) return linked;
    const known = this.#options.known?.lookup(met.path, stat);
    const node = known?.kind === 'file' ? known : this.#fresh(met);
    if (key !== undefined) this.#linked.set(key, node);
    this.stats.set(node, stat);
    return node;
  }

  #fresh(met: Met): FileNode {
    const content = { source: this.#options.source, member: this.#member++ };
    return { kind: 'file', meta: this.#meta(met), size: met.stat.size, content };
  }

  #target({ path, place }: Met): ByteString {
    this.#expect(path, 'a symlink that can be read');
    return readlinkSync(place, 'buffer').toString('latin1');
  }

  #meta(met: Met): Meta {
    const { mode, uid, gid, mtime } = met.stat;
    return { mode: mode & 0o7777, uid, gid, mtime, xattrs: this.#xattrs(met) };
  }

  #xattrs({ path, place }: Met): Meta['xattrs'] {
    const { native } = this.#options;
    if (native !== undefined) {
      this.#expect(path, 'extended attributes that can be read');
      return native.readXattrs(place) ?? noXattrs;
    }
    if (!this.#warnedOfXattrs)
      this.warnings.push('extended attributes are not read: the optional package koffi is not there');
    this.#warnedOfXattrs = true;
    return noXattrs;
  }
}

/**
 * A directory as a tree: every kind of file but sockets, hardlinks of regular files as one node, names and symlink targets
 * by their bytes. Synchronous; no symlink is followed below the root. Throws one clear error for what cannot be read.
 */
export function scanDirectory(directory: string, options: ScanOptions): Scan {
  const root = onDisk(directory, 'a directory', () => realpathSync(directory));
  if (!lstatSync(root).isDirectory()) throw invalid(directory, 'a directory', 'a file');
  const scanner = new Scanner(root, options);
  return { root, tree: scanner.tree(), stats: scanner.stats, warnings: scanner.warnings };
}
