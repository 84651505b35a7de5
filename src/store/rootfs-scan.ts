import { type BigIntStats, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { invalid } from '../errors.ts';
import {
  type ByteString,
  type DirectoryNode,
  type FileNode,
  type Meta,
  type Node,
  noXattrs,
  type Path,
  type Tree,
} from '../tree/node.ts';
import { joinPath, textOf } from '../tree/path.ts';
import { diskBytes, diskPath } from './disk-path.ts';
import type { Native } from './native.ts';
import { onDisk } from './system-error.ts';

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
  /** A directory whose own attributes, extended ones aside, are as they were, whatever changed in it. */
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
  readonly stats: ReadonlyMap<Path, Stat>;
  readonly warnings: readonly string[];
}

function statOf(found: BigIntStats): Stat {
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
  const names = readdirSync(place, { encoding: 'utf8' }) as string[];
  if (!names.some(name => wide.test(name))) return names;
  return (readdirSync(place, { encoding: 'buffer' }) as Buffer[]).map(name => name.toString('latin1'));
}

/** A walk of one directory tree. State: what was met so far. */
class Scanner {
  readonly #root: string;
  readonly #options: ScanOptions;
  readonly #linked = new Map<string, FileNode>();
  readonly #warned = new Set<string>();
  #member = 0;
  readonly stats = new Map<Path, Stat>();
  readonly warnings: string[] = [];

  constructor(root: string, options: ScanOptions) {
    this.#root = root;
    this.#options = options;
  }

  tree(): Tree {
    const place = onDisk(this.#root, 'a directory that can be read', () => lstatSync(this.#root, { bigint: true }));
    const root: DirectoryNode = { kind: 'directory', meta: this.#meta('', statOf(place)), children: new Map() };
    const pending: { readonly path: Path; readonly directory: DirectoryNode }[] = [{ path: '', directory: root }];
    for (let top = pending.pop(); top !== undefined; top = pending.pop()) {
      const children = top.directory.children as Map<ByteString, Node>;
      const place = diskPath(this.#root, top.path);
      for (const name of onDisk(`${place}`, 'a directory that can be read', () => namesIn(place))) {
        const path = joinPath(top.path, name);
        const node = this.#node(path);
        if (node === undefined) continue;
        children.set(name, node);
        if (node.kind === 'directory') pending.push({ path, directory: node });
      }
    }
    return root;
  }

  #warn(kind: string, text: string): void {
    if (this.#warned.has(kind)) return;
    this.#warned.add(kind);
    this.warnings.push(text);
  }

  #node(path: Path): Node | undefined {
    const place = diskPath(this.#root, path);
    const found = onDisk(`/${textOf(path)}`, 'a path that can be looked at', () => lstatSync(place, { bigint: true }));
    const stat = statOf(found);
    this.stats.set(path, stat);
    if (found.isFile()) return this.#file(path, stat);
    const known = this.#options.known?.lookup(path, stat);
    if (known !== undefined) return known.kind === 'directory' ? { ...known, children: new Map() } : known;
    if (found.isDirectory()) return this.#directory(path, stat);
    if (found.isSymbolicLink())
      return { kind: 'symlink', meta: this.#meta(path, stat), target: this.#target(place, path) };
    if (found.isCharacterDevice() || found.isBlockDevice()) {
      const type = found.isBlockDevice() ? 'block' : 'char';
      return {
        kind: 'device',
        meta: this.#meta(path, stat),
        type,
        major: majorOf(found.rdev),
        minor: minorOf(found.rdev),
      };
    }
    if (found.isFIFO()) return { kind: 'fifo', meta: this.#meta(path, stat) };
    this.stats.delete(path);
    this.#warn(`socket ${path}`, `/${textOf(path)}: a socket, which no layer can hold, is left out`);
    return undefined;
  }

  #directory(path: Path, stat: Stat): DirectoryNode {
    const known = this.#options.known?.directory(path, stat);
    const meta =
      known === undefined ? this.#meta(path, stat) : { ...known.meta, mtime: stat.mtime, xattrs: this.#xattrs(path) };
    return { kind: 'directory', meta, children: new Map() };
  }

  #file(path: Path, stat: Stat): FileNode {
    const key = stat.links > 1 ? `${stat.device}:${stat.inode}` : undefined;
    const linked = key === undefined ? undefined : this.#linked.get(key);
    if (linked !== undefined) return linked;
    const known = this.#options.known?.lookup(path, stat);
    const fresh = (): FileNode => ({
      kind: 'file',
      meta: this.#meta(path, stat),
      size: stat.size,
      content: { source: this.#options.source, member: this.#member++ },
    });
    const node = known?.kind === 'file' ? known : fresh();
    if (key !== undefined) this.#linked.set(key, node);
    return node;
  }

  #target(place: string | Buffer, path: Path): ByteString {
    const target = onDisk(`/${textOf(path)}`, 'a symlink that can be read', () =>
      readlinkSync(place, { encoding: 'buffer' }),
    );
    return target.toString('latin1');
  }

  #meta(path: Path, stat: Stat): Meta {
    return { mode: stat.mode & 0o7777, uid: stat.uid, gid: stat.gid, mtime: stat.mtime, xattrs: this.#xattrs(path) };
  }

  #xattrs(path: Path): Meta['xattrs'] {
    const { native } = this.#options;
    if (native !== undefined) {
      return (
        onDisk(`/${textOf(path)}`, 'extended attributes that can be read', () =>
          native.readXattrs(diskBytes(this.#root, path)),
        ) ?? noXattrs
      );
    }
    this.#warn('xattrs', 'extended attributes are not read: the optional package koffi is not there');
    return noXattrs;
  }
}

/**
 * A directory as a tree: every kind of file but sockets, hardlinks of regular files as one node, names and symlink targets
 * by their bytes. Synchronous; no symlink is followed below the root. Throws one clear error for what cannot be read.
 */
export function scanDirectory(directory: string, options: ScanOptions): Scan {
  const root = onDisk(directory, 'a directory', () => realpathSync(directory));
  if (!statSync(root).isDirectory()) throw invalid(directory, 'a directory', 'a file');
  const scanner = new Scanner(root, options);
  return { root, tree: scanner.tree(), stats: scanner.stats, warnings: scanner.warnings };
}
