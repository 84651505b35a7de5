import { closeSync, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { nodeEngine } from '../engine/node.ts';
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
import { nameOf, parentOf } from '../tree/path.ts';
import { walk } from '../tree/walk.ts';
import { writeNewFile } from './atomic.ts';
import { diskPath } from './disk-path.ts';
import type { Known, Stat } from './rootfs-scan.ts';

/*
 * What a bundle was when it was unpacked, as git's index: the base's tree with content digests, and the stat of every
 * path. It is a cache: where it is lost, damaged or of another place, contents are compared instead.
 */

const version = 1;
const second = 1_000_000_000n;

/** One path: its name, its node, and its stat (absent where the node could not be made). */
type Row = readonly [
  path: string,
  kind: Node['kind'] | 'char' | 'block',
  node: readonly [mode: number, uid: number, gid: number, seconds: string, nanoseconds: number],
  /** Digest and size of a file, target of a symlink, numbers of a device; a hardlink's first path. */
  detail: string | readonly [string, number] | readonly [number, number] | { readonly link: string } | null,
  xattrs: readonly (readonly [string, string])[] | null,
  stat: readonly (number | string)[] | null,
];

export interface StatIndex {
  readonly tree: Tree;
  /** sha256 (hexadecimal) of the base's contents. */
  readonly digests: ReadonlyMap<FileNode, string>;
  readonly known: Known;
  /** Paths that could not be made, with what they are in the base. */
  readonly absent: ReadonlyMap<Path, Node>;
}

const splitTime = (time: bigint): [string, number] => {
  const nanoseconds = ((time % second) + second) % second;
  return [`${(time - nanoseconds) / second}`, Number(nanoseconds)];
};
const joinTime = (seconds: string, nanoseconds: number): bigint => BigInt(seconds) * second + BigInt(nanoseconds);

function statFields(place: string | Buffer): readonly (number | string)[] | null {
  const stat = lstatSync(place, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) return null;
  return [stat.dev, stat.ino, stat.mode, stat.uid, stat.gid, stat.nlink, stat.size, stat.mtimeNs, stat.ctimeNs].map(
    String,
  );
}

function statKey(stat: Stat): string {
  const { device, inode, mode, uid, gid, links, size, mtime, ctime } = stat;
  return `${device},${inode},${mode},${uid},${gid},${links},${size},${mtime},${ctime}`;
}

/** The part of a key that says which file it is, its mode and its owner. */
const ownKey = (key: string): string => key.split(',', 5).join(',');

function detailOf(path: Path, node: Node, digests: ReadonlyMap<FileNode, string>, first: Map<FileNode, Path>): Row[3] {
  switch (node.kind) {
    case 'file': {
      const link = first.get(node);
      if (link !== undefined) return { link };
      first.set(node, path);
      return [digests.get(node) ?? '', node.size];
    }
    case 'symlink':
      return node.target;
    case 'device':
      return [node.major, node.minor];
    default:
      return null;
  }
}

function rowsOf(root: string, tree: Tree, digests: ReadonlyMap<FileNode, string>): Row[] {
  const first = new Map<FileNode, Path>();
  return [...walk(tree)].map(([path, node]) => {
    const { mode, uid, gid, mtime, xattrs } = node.meta;
    const detail = detailOf(path, node, digests, first);
    const attributes =
      xattrs.size === 0
        ? null
        : [...xattrs].map(([name, value]) => [name, Buffer.from(value).toString('base64')] as const);
    const kind = node.kind === 'device' ? node.type : node.kind;
    return [path, kind, [mode, uid, gid, ...splitTime(mtime)], detail, attributes, statFields(diskPath(root, path))];
  });
}

const checksum = (text: string): string => {
  const hasher = nodeEngine.createHash('sha256');
  hasher.update(Buffer.from(text));
  return hasher.digest();
};

/** Writes the index of a tree that has just been written to `root`. */
export function writeStatIndex(file: string, root: string, tree: Tree, digests: ReadonlyMap<FileNode, string>): void {
  const body = JSON.stringify(rowsOf(root, tree, digests));
  writeNewFile(file, Buffer.from(`ocikit stat index ${version} ${checksum(body)}\n${body}`));
}

function nodeOf(
  row: Row,
  place: { readonly source: string; readonly member: number; readonly nodes: ReadonlyMap<Path, Node> },
): Node {
  const [, kind, [mode, uid, gid, seconds, nanoseconds], detail, attributes] = row;
  const xattrs =
    attributes === null
      ? noXattrs
      : new Map(attributes.map(([name, value]) => [name, new Uint8Array(Buffer.from(value, 'base64'))]));
  const meta: Meta = { mode, uid, gid, mtime: joinTime(seconds, nanoseconds), xattrs };
  switch (kind) {
    case 'file': {
      if (detail !== null && typeof detail === 'object' && 'link' in detail)
        return place.nodes.get(detail.link) as FileNode;
      const [, size] = detail as readonly [string, number];
      return { kind, meta, size, content: { source: place.source, member: place.member } };
    }
    case 'symlink':
      return { kind, meta, target: detail as ByteString };
    case 'char':
    case 'block': {
      const [major, minor] = detail as readonly [number, number];
      return { kind: 'device', meta, type: kind, major, minor };
    }
    case 'directory':
      return { kind, meta, children: new Map() };
    default:
      return { kind: 'fifo', meta };
  }
}

/** A file may be changed within the clock tick in which the index was written: what is as young as the index is read again, as git does. */
function knownOf(rows: ReadonlyMap<Path, { readonly key: string; readonly node: Node }>, written: bigint): Known {
  return {
    lookup(path, stat) {
      const row = rows.get(path);
      if (row === undefined || stat.ctime >= written) return undefined;
      return row.key === statKey(stat) ? row.node : undefined;
    },
    directory(path, stat) {
      const row = rows.get(path);
      return row?.node.kind === 'directory' && ownKey(row.key) === ownKey(statKey(stat)) ? row.node : undefined;
    },
  };
}

function indexOf(rows: readonly Row[], source: string, written: bigint): StatIndex {
  const root: DirectoryNode = {
    kind: 'directory',
    meta: { mode: 0o755, uid: 0, gid: 0, mtime: 0n, xattrs: noXattrs },
    children: new Map(),
  };
  const nodes = new Map<Path, Node>([['', root]]);
  const digests = new Map<FileNode, string>();
  const known = new Map<Path, { key: string; node: Node }>();
  const absent = new Map<Path, Node>();
  rows.forEach((row, member) => {
    const [path, , , detail, , stat] = row;
    const node = nodeOf(row, { source, member, nodes });
    nodes.set(path, node);
    ((nodes.get(parentOf(path)) as DirectoryNode).children as Map<ByteString, Node>).set(nameOf(path), node);
    if (node.kind === 'file' && Array.isArray(detail)) digests.set(node, detail[0] as string);
    if (stat === null) absent.set(path, node);
    else known.set(path, { key: stat.join(','), node });
  });
  return { tree: root, digests, known: knownOf(known, written), absent };
}

/** Reads an index; undefined where there is none, or it is damaged or of another version. */
export function readStatIndex(file: string): StatIndex | undefined {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const text = readFileSync(descriptor, 'utf8');
      const end = text.indexOf('\n');
      const body = text.slice(end + 1);
      if (text.slice(0, end) !== `ocikit stat index ${version} ${checksum(body)}`) return undefined;
      const written = fstatSync(descriptor, { bigint: true }).mtimeNs;
      return indexOf(JSON.parse(body) as Row[], `index:${file}`, written);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // A cache: whatever is wrong with it, contents are compared instead.
    return undefined;
  }
}
