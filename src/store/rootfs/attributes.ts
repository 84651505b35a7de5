import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  lchownSync,
  lutimesSync,
  openSync,
  utimesSync,
} from 'node:fs';

import { changed } from '../../errors.ts';
import type { ByteString, Meta, Node, Path } from '../../tree/node.ts';
import { textOf } from '../../tree/path.ts';
import { clampTime, isPlainTime, timeOf } from '../disk/disk-time.ts';
import { handleOf, handles, nameOnly } from '../disk/handles.ts';
import type { Native } from '../disk/native.ts';
import type { DiskPath } from '../disk/native-calls.ts';
import { diskOwnerOf, type Powers } from './powers.ts';

/** A node that has been made: where it is, and what it is to be. */
export interface Made {
  readonly place: string | Buffer;
  readonly path: Path;
  readonly meta: Meta;
}

/** How a file gets its attributes. */
export interface FileSteps {
  /** The mode that it is made with. */
  readonly made: number;
  /** Absent where it has the right one. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** The same. */
  readonly mode: number | undefined;
}

type Timed<Place> = Omit<Made, 'place'> & { readonly place: Place };
type SetTime<Place> = (place: Place, atime: number | string, mtime: number | string) => void;

const nameFlags = nameOnly | constants.O_NOFOLLOW;
const typeBits = 0o170000;
const typesOf: Readonly<Record<Node['kind'], readonly number[]>> = {
  directory: [0o040000],
  symlink: [0o120000],
  device: [0o020000, 0o060000],
  fifo: [0o010000],
  file: [0o100000],
};

const notRoot = 'not root';
const noNative = 'the optional package koffi is not there';

/** What could not be set, and why: `owner`, `device`, `fifo`, `xattr NAME`. */
export type Obstacles = ReadonlyMap<string, string>;

/** The code of an error of the operating system, for a warning. */
function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? `${error.code}` : 'refused';
}

/** What a user who is not root may set on files of their own. */
const isUsers = (name: ByteString): boolean => name.startsWith('user.') || name.startsWith('system.posix_acl_');

/**
 * Gives nodes on disk their attributes: owner first, because that clears set-id bits and capabilities; extended
 * attributes while the node can still be written; then mode and time. What cannot be carried is an obstacle, once a kind.
 */
export class RootfsAttributes {
  readonly #native: Native | undefined;
  readonly #powers: Powers;
  readonly #uid: number = process.geteuid?.() ?? 0;
  readonly #gid: number = process.getegid?.() ?? 0;
  readonly #umask: number = process.umask();
  readonly #hasHandles: boolean = existsSync(handles);
  readonly #obstacles = new Map<string, string>();
  readonly warnings: string[] = [];

  constructor(native: Native | undefined, powers: Powers) {
    this.#native = native;
    this.#powers = powers;
  }

  get obstacles(): Obstacles {
    return this.#obstacles;
  }

  /** Why a device or a fifo cannot be made, as far as that is known before. */
  obstacleOf(kind: 'device' | 'fifo'): string | undefined {
    if (kind === 'device' && !this.#powers.isRoot) return notRoot;
    return this.#native === undefined ? noNative : undefined;
  }

  /** Notes that something could not be made or set. */
  note(kind: string, reason: unknown): void {
    if (!this.#obstacles.has(kind)) this.#obstacles.set(kind, typeof reason === 'string' ? reason : reasonOf(reason));
  }

  /** The mode to make a file with: the final one at once, unless an owner (which clears set-id bits) or extended attributes come first. */
  initialMode(meta: Meta): number {
    return this.#isForeign(meta) || meta.mode > 0o777 || meta.xattrs.size > 0 ? 0o600 : meta.mode;
  }

  /** What a new file is made with and what is left to be set, without its extended attributes: the owner first. */
  stepsOf(meta: Meta): FileSteps {
    const made = this.initialMode(meta);
    const owner = this.#owns(meta) ? diskOwnerOf(meta, this.#powers) : undefined;
    return { made, owner, mode: (made & ~this.#umask) === meta.mode ? undefined : meta.mode };
  }

  /** Finishes an open file that was made with `initialMode`. */
  finishFile(descriptor: number, { path, meta }: Made): void {
    const { owner, mode } = this.stepsOf(meta);
    if (owner !== undefined) fchownSync(descriptor, owner.uid, owner.gid);
    this.#writeXattrs(descriptor, meta);
    if (mode !== undefined) fchmodSync(descriptor, mode);
    this.#setTime({ place: descriptor, path, meta }, futimesSync);
  }

  /**
   * Finishes anything but a regular file by its name, which is held open as long as it takes: whatever is put in its place meanwhile, what was
   * made gets the attributes, or nothing does. Follows no symlink. Throws `conflict` where something else has the name.
   */
  finish(kind: Node['kind'], made: Made): void {
    if (!this.#hasHandles) {
      this.#finishNamed(kind, made);
      return;
    }
    const held = openSync(made.place, nameFlags);
    try {
      const { mode, nlink } = fstatSync(held);
      // A second name of it would be of somebody else's file.
      if (nlink > 1 || !typesOf[kind].includes(mode & typeBits))
        throw changed(`/${textOf(made.path)}`, 'a path', 'written');
      this.finishHeld(kind, held, made);
    } finally {
      closeSync(held);
    }
  }

  /** The same of what is held open already. The mode comes last: it may keep its owner out. */
  finishHeld(kind: Node['kind'], held: number, { path, meta }: Omit<Made, 'place'>): void {
    const place = handleOf(held);
    if (this.#owns(meta)) {
      const { uid, gid } = diskOwnerOf(meta, this.#powers);
      chownSync(place, uid, gid);
    }
    this.#writeXattrs(held, meta);
    this.#setTime({ place: held, path, meta }, (_, atime, mtime) => utimesSync(place, atime, mtime));
    if (kind !== 'symlink') chmodSync(place, meta.mode);
  }

  /** Where there is no /proc. */
  #finishNamed(kind: Node['kind'], { place, path, meta }: Made): void {
    if (this.#owns(meta)) {
      const { uid, gid } = diskOwnerOf(meta, this.#powers);
      (kind === 'directory' ? chownSync : lchownSync)(place, uid, gid);
    }
    this.#writeXattrs(place, meta);
    if (kind !== 'symlink') chmodSync(place, meta.mode);
    this.#setTime({ place, path, meta }, kind === 'directory' ? utimesSync : lutimesSync);
  }

  #isForeign(meta: Meta): boolean {
    const { uid, gid } = diskOwnerOf(meta, this.#powers);
    return uid !== this.#uid || gid !== this.#gid;
  }

  /** Whether an owner is to be set; without root that is not possible. */
  #owns(meta: Meta): boolean {
    const isForeign = this.#powers.isRoot ? this.#isForeign(meta) : meta.uid !== this.#uid || meta.gid !== this.#gid;
    if (isForeign && !this.#powers.isRoot) this.note('owner', notRoot);
    return isForeign && this.#powers.isRoot;
  }

  #setTime<Place extends DiskPath | number>({ place, path, meta }: Timed<Place>, set: SetTime<Place>): void {
    const mtime = clampTime(meta.mtime);
    if (!isPlainTime(mtime) && this.#native !== undefined) {
      this.#native.setTime(place, mtime);
      return;
    }
    if (mtime % 1000n !== 0n && this.warnings.length === 0)
      this.warnings.push(`/${textOf(path)}: times are kept to microseconds: ${noNative}`);
    const time = timeOf(mtime);
    set(place, time, time);
  }

  #writeXattrs(place: DiskPath | number, { xattrs }: Meta): void {
    for (const [name, value] of xattrs) {
      if (this.#native === undefined) this.note(`xattr ${name}`, noNative);
      else if (this.#powers.isFeigned && !isUsers(name)) this.note(`xattr ${name}`, notRoot);
      else this.#writeXattr(this.#native, place, [name, value]);
    }
  }

  #writeXattr(native: Native, place: DiskPath | number, [name, value]: readonly [ByteString, Uint8Array]): void {
    try {
      native.writeXattr(place, name, value);
    } catch (error) {
      const isRights = !this.#powers.isRoot && !isUsers(name);
      this.note(`xattr ${name}`, isRights ? notRoot : error);
    }
  }
}
