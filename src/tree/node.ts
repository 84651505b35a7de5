/**
 * A byte string: one UTF-16 unit (0–255) for each byte, so that a name that is not UTF-8 survives and `<` sorts by
 * bytes. `bytesOf` and `textOf` in path.ts convert.
 */
export type ByteString = string;

/** A path inside a root filesystem: names joined by `/`, no leading or trailing slash, no `.` or `..`; `''` is the root. */
export type Path = ByteString;

/** Attributes that every kind of node has (image-spec layer.md, "File Attributes"). */
export interface Meta {
  /** Permission, set-id and sticky bits, 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970, may be negative. */
  readonly mtime: bigint;
  /** Extended attributes by full name (`security.capability`); names and values are bytes. */
  readonly xattrs: ReadonlyMap<ByteString, Uint8Array>;
}

/** Which bytes a file holds, without reading them: two equal identities are equal contents. `source` is a layer's diffID or a directory's own id. */
export interface ContentId {
  readonly source: string;
  readonly member: number;
}

export interface FileNode {
  readonly kind: 'file';
  readonly meta: Meta;
  /** Bytes. */
  readonly size: number;
  readonly content: ContentId;
}
/** A file's contents in one text, the same wherever the file lies and whoever owns it. */
export const contentKey = ({ content }: FileNode): string => `${content.source} ${content.member}`;

export interface DirectoryNode {
  readonly kind: 'directory';
  readonly meta: Meta;
  readonly children: ReadonlyMap<ByteString, Node>;
}
interface SymlinkNode {
  readonly kind: 'symlink';
  readonly meta: Meta;
  readonly target: ByteString;
}
export interface DeviceNode {
  readonly kind: 'device';
  readonly meta: Meta;
  readonly type: 'char' | 'block';
  readonly major: number;
  readonly minor: number;
}
export interface FifoNode {
  readonly kind: 'fifo';
  readonly meta: Meta;
}

/** Two paths that hold the same (identical) node object are hardlinks of one file. */
export type Node = FileNode | DirectoryNode | SymlinkNode | DeviceNode | FifoNode;

/** What may have several names: anything but a directory. */
export type Leaf = Exclude<Node, DirectoryNode>;

/** A root filesystem as a value: its root directory. `children` maps are in no particular order; walks sort. */
export type Tree = DirectoryNode;

/** One member of a layer changeset (image-spec layer.md). A directory's `node.children` is empty. */
export type LayerEntry =
  | { readonly kind: 'node'; readonly path: Path; readonly node: Node }
  | { readonly kind: 'hardlink'; readonly path: Path; readonly target: Path }
  /** Hides `path` of the layers below. */
  | { readonly kind: 'whiteout'; readonly path: Path }
  /** Hides every child of directory `path` of the layers below. */
  | { readonly kind: 'opaque'; readonly path: Path };

/** The bytes of the file that an entry brings. */
export const bytesOfEntry = (entry: LayerEntry): number =>
  entry.kind === 'node' && entry.node.kind === 'file' ? entry.node.size : 0;

/** The bytes of all files that entries bring. */
export const bytesOfEntries = (entries: readonly LayerEntry[]): number =>
  entries.reduce((sum, entry) => sum + bytesOfEntry(entry), 0);

export const noXattrs: ReadonlyMap<ByteString, Uint8Array> = new Map();

/** What a directory that no entry describes gets: mode 0755, owner 0:0, mtime 0 (what docker and umoci do). */
export const impliedMeta: Meta = { mode: 0o755, uid: 0, gid: 0, mtime: 0n, xattrs: noXattrs };

/** The set-group-ID bit of a mode. */
export const setGroup = 0o2000;
/** The mode that Linux gives every symbolic link. */
export const linkMode = 0o777;

export function emptyTree(meta: Meta = impliedMeta): Tree {
  return { kind: 'directory', meta, children: new Map() };
}

/** Whether a root directory is as one that no entry describes: then it has none. Its time alone says nothing. */
export function isImpliedRoot({ mode, uid, gid, xattrs }: Meta): boolean {
  return mode === impliedMeta.mode && uid === 0 && gid === 0 && xattrs.size === 0;
}
