import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, realpathSync } from 'node:fs';
import { decodeMtree, encodeMtree, type Mtree, type MtreeEntry, type MtreeType } from '../../codec/mtree.ts';
import { invalid, OciError, unsupported } from '../../errors.ts';
import { sidecarLimit } from '../../limits.ts';
import { containerIdOf, type IdMap, type IdMaps, idRangeText, parseIdRange } from '../../spec/id-map.ts';
import type { ByteString, DeviceNode, FifoNode, Meta, Node, Path } from '../../tree/node.ts';
import type { Parts } from '../../tree/parts.ts';
import { joinPath, nameOf, parentOf } from '../../tree/path.ts';
import { kindOf, type Stat } from '../disk/stat.ts';
import { systemCode, systemError } from '../disk/system-error.ts';

/*
 * What an image holds and a directory cannot (owners, devices, extended attributes, without root above all) stands in a file
 * beside that directory: `rootfs.mtree` in a bundle, `DIR.mtree` beside DIR. docs/unpack.md says what it looks like and means.
 */

/** Where the sidecar of a directory lies: never in it. */
export const sidecarOf = (directory: string): string => `${directory}.mtree`;

const claim = 'ocikit sidecar ';
const version = '1';
const meaning =
  'what an image holds and the directory beside this file cannot; other files of the owner below are of 0:0';

/** How owners on disk are read, and what stands nowhere on it. */
export interface SidecarContents {
  readonly maps: IdMaps;
  /** Whose on disk the files are whose owner could not be set. */
  readonly owner: { readonly uid: number; readonly gid: number };
  readonly entries: ReadonlyMap<Path, MtreeEntry>;
}

/** The owner of a file: what its line says where it belongs to whom all belong that had to, else what the maps say of it. */
function idOf(
  disk: number,
  said: number | undefined,
  { map, own }: { readonly map: IdMap; readonly own: number },
): number {
  return disk === own ? (said ?? 0) : (containerIdOf(map, disk) ?? 0);
}

const setIdBits = 0o6000;
const capability = 'security.capability';

/** A directory's sidecar. State: what it has given to nodes of several names. */
export class Sidecar {
  readonly #contents: SidecarContents;
  readonly #absent = new Map<Path, (readonly [ByteString, MtreeEntry])[]>();
  readonly #inodes = new Map<number, Node>();
  readonly #said = new Map<Node, Path>();

  constructor(contents: SidecarContents) {
    this.#contents = contents;
    for (const [path, entry] of contents.entries) {
      if (entry.isOptional !== true || path === '') continue;
      const known = this.#absent.get(parentOf(path));
      if (known === undefined) this.#absent.set(parentOf(path), [[nameOf(path), entry]]);
      else known.push([nameOf(path), entry]);
    }
  }

  /** What a path that was looked at is in the image. */
  metaOf({ path, stat }: { readonly path: Path; readonly stat: Stat }, disk: Meta): Meta {
    return this.meta(disk, this.entry(path, mtreeTypes[kindOf(stat) ?? '']), stat.size);
  }

  /** What a path's line says where it is of this type: what has another is another file. */
  entry(path: Path, type: MtreeType | undefined): MtreeEntry | undefined {
    const entry = this.#contents.entries.get(path);
    return entry?.type === type ? entry : undefined;
  }

  /** The device or fifo that an empty file stands for. */
  placeholder(path: Path, disk: () => Meta, size: number): Node | undefined {
    const entry = size === 0 ? this.#contents.entries.get(path) : undefined;
    const isFile = entry === undefined || entry.type === 'file' || entry.type === 'dir' || entry.type === 'link';
    return isFile ? undefined : specialOf(entry, this.meta(disk(), entry, size));
  }

  /** Puts into a directory what of all that is wanted could not be made in it, and is not there now. */
  fill(directory: Path, children: Map<ByteString, Node>, isWanted: (path: Path) => boolean): void {
    for (const [name, entry] of this.#absent.get(directory) ?? []) {
      if (children.has(name) || !isWanted(joinPath(directory, name))) continue;
      const known = entry.inode === undefined ? undefined : this.#inodes.get(entry.inode);
      const node = known ?? specialOf(entry, saidMeta(entry));
      if (node === undefined) continue;
      if (entry.inode !== undefined) this.#inodes.set(entry.inode, node);
      children.set(name, node);
    }
  }

  /** A node of several names is what the first line of any of them says. It is being made: nobody else has seen it. */
  addName(node: Node, path: Path, disk: Meta): void {
    const said = this.#said.get(node);
    const entry = this.entry(path, typeOf(node));
    if (entry === undefined || (said !== undefined && said <= path)) return;
    this.#said.set(node, path);
    (node as { meta: Meta }).meta = this.meta(disk, entry, node.kind === 'file' ? node.size : 0);
  }

  /** A file's attributes in the image, of what the disk shows and what its line says. */
  meta(disk: Meta, entry: MtreeEntry | undefined, size: number): Meta {
    const { maps, owner } = this.#contents;
    return {
      mode: modeOf(disk.mode, entry?.mode),
      uid: idOf(disk.uid, entry?.uid, { map: maps.uids, own: owner.uid }),
      gid: idOf(disk.gid, entry?.gid, { map: maps.gids, own: owner.gid }),
      mtime: disk.mtime,
      xattrs: xattrsOf(disk, entry, size),
    };
  }
}

/** Set-id bits that were refused are there as long as the rest of the mode is as it was. */
function modeOf(disk: number, said: number | undefined): number {
  return said !== undefined && (disk & ~setIdBits) === (said & ~setIdBits) ? said : disk;
}

/** A capability goes with the contents that it was given to, as the kernel sees to it. */
function xattrsOf(disk: Meta, entry: MtreeEntry | undefined, size: number): Meta['xattrs'] {
  if (entry?.xattrs === undefined || entry.xattrs.size === 0) return disk.xattrs;
  const isOther = entry.size !== undefined && (entry.size !== size || entry.time !== disk.mtime);
  const said = [...entry.xattrs].filter(([name]) => name !== capability || !isOther);
  return new Map([...said, ...disk.xattrs]);
}

const mtreeTypes: Readonly<Record<string, MtreeType>> = {
  file: 'file',
  directory: 'dir',
  symlink: 'link',
  char: 'char',
  block: 'block',
  fifo: 'fifo',
};

/** What an mtree calls the type of a node. */
export function typeOf(node: Node): MtreeType {
  return mtreeTypes[node.kind === 'device' ? node.type : node.kind] as MtreeType;
}

/** The device or fifo of a line. */
function specialOf({ type, device }: MtreeEntry, meta: Meta): DeviceNode | FifoNode | undefined {
  if (type === 'fifo') return { kind: 'fifo', meta };
  if ((type !== 'char' && type !== 'block') || device === undefined) return undefined;
  return { kind: 'device', meta, type, major: device.major, minor: device.minor };
}

/** The attributes that a line alone says. */
function saidMeta({ mode = 0, uid = 0, gid = 0, time = 0n, xattrs = new Map() }: MtreeEntry): Meta {
  return { mode, uid, gid, mtime: time, xattrs };
}

/** The bytes of a sidecar, in parts. */
export function encodeSidecar({ maps, owner, entries }: SidecarContents): Parts<Uint8Array> {
  const comments = [
    `${claim}${version}: ${meaning}`,
    `owner ${owner.uid}:${owner.gid}`,
    ...maps.uids.map(range => `uid-map ${idRangeText(range)}`),
    ...maps.gids.map(range => `gid-map ${idRangeText(range)}`),
  ];
  return encodeMtree({ comments, entries });
}

function mapOf(comments: Mtree['comments'], word: string): IdMap {
  const texts = comments.filter(text => text.startsWith(`${word} `)).map(text => text.slice(word.length + 1));
  return texts.map(text => {
    const range = parseIdRange(text);
    if (range === undefined) throw new Error(`expected ${word} CONTAINER:HOST:SIZE, got '${text}'`);
    return range;
  });
}

function ownerOf(comments: Mtree['comments']): SidecarContents['owner'] {
  const match = /^owner (\d{1,10}):(\d{1,10})$/.exec(comments.find(text => text.startsWith('owner ')) ?? '');
  if (match === null) throw new Error('expected a comment owner UID:GID, got none');
  return { uid: Number(match[1]), gid: Number(match[2]) };
}

function* decodeSidecar(bytes: Uint8Array): Parts<SidecarContents> {
  const { comments, entries } = yield* decodeMtree(bytes);
  const maps = { uids: mapOf(comments, 'uid-map'), gids: mapOf(comments, 'gid-map') };
  return { maps, owner: ownerOf(comments), entries };
}

/** Which version of a sidecar an open file says that it is, if any. */
function versionOf(file: number): string | undefined {
  const first = Buffer.alloc(256);
  const text = first.toString('latin1', 0, readSync(file, first, 0, first.length, 0));
  return /^#mtree v2\.0\n# ocikit sidecar (\d+):/.exec(text)?.[1];
}

/** What is read of the file at a path: nothing where there is none, or one that is not ocikit's. */
function readOwn<T>(path: string, read: (file: number, found: string) => T): T | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = fstatSync(file).isFile() ? versionOf(file) : undefined;
      return found === undefined ? undefined : read(file, found);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw systemError(error, path, 'a file that can be read');
  }
}

/** Whether a file of ocikit's, and of this version, lies where a directory's sidecar does. */
export const hasSidecar = (directory: string): boolean =>
  readOwn(sidecarOf(directory), (_, found) => found === version) === true;

/** What the sidecar of a directory says, in parts; undefined where there is none of ocikit's. Throws `invalid` where it is damaged (it is no cache), `unsupported` for another version. */
export function* readSidecarContents(directory: string): Parts<SidecarContents | undefined> {
  const path = sidecarOf(realpathSync(directory));
  const bytes = readOwn(path, (file, found) => {
    if (found !== version) throw unsupported(path, `version ${version}`, found);
    const { size } = fstatSync(file);
    if (size > sidecarLimit) throw invalid(path, `at most ${sidecarLimit} bytes`, `${size}`);
    return readFileSync(file);
  });
  if (bytes === undefined) return undefined;
  try {
    return yield* decodeSidecar(bytes);
  } catch (error) {
    throw new OciError('invalid', path, error instanceof Error ? error.message : `${error}`, { cause: error });
  }
}

/** Reads the sidecar of a directory, in parts; undefined where there is none of ocikit's. Throws as `readSidecarContents` does. */
export function* readSidecar(directory: string): Parts<Sidecar | undefined> {
  const contents = yield* readSidecarContents(directory);
  return contents === undefined ? undefined : new Sidecar(contents);
}
