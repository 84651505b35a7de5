import {
  chmodSync,
  chownSync,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  lutimesSync,
  utimesSync,
} from 'node:fs';
import type { ByteString, Meta, Node, Path } from '../../tree/node.ts';
import { textOf } from '../../tree/path.ts';
import { clampTime, isPlainTime, timeOf } from '../disk/disk-time.ts';
import type { DiskPath, Native } from '../disk/native.ts';
import { diskOwnerOf, type Powers } from './powers.ts';

/** A node that has been made: where it is, and what it is to be. */
export interface Made {
  readonly place: string | Buffer;
  readonly path: Path;
  readonly meta: Meta;
}

type Timed<Place> = Omit<Made, 'place'> & { readonly place: Place };
type SetTime<Place> = (place: Place, atime: number | string, mtime: number | string) => void;

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
 * attributes while the node can still be written; then mode; then time. What cannot be carried is an obstacle, once a kind.
 */
export class RootfsAttributes {
  readonly #native: Native | undefined;
  readonly #powers: Powers;
  readonly #uid: number = process.geteuid?.() ?? 0;
  readonly #gid: number = process.getegid?.() ?? 0;
  readonly #umask: number = process.umask();
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

  /** Finishes an open file that was made with `initialMode`. */
  finishFile(descriptor: number, { place, path, meta }: Made): void {
    if (this.#owns(meta)) {
      const { uid, gid } = diskOwnerOf(meta, this.#powers);
      fchownSync(descriptor, uid, gid);
    }
    this.#writeXattrs(place, meta);
    if ((this.initialMode(meta) & ~this.#umask) !== meta.mode) fchmodSync(descriptor, meta.mode);
    this.#setTime({ place: descriptor, path, meta }, futimesSync);
  }

  /** Finishes anything but a regular file; follows no symlink. */
  finish(kind: Node['kind'], { place, path, meta }: Made): void {
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

  #writeXattrs(place: DiskPath, { xattrs }: Meta): void {
    for (const [name, value] of xattrs) {
      if (this.#native === undefined) this.note(`xattr ${name}`, noNative);
      else if (this.#powers.isFeigned && !isUsers(name)) this.note(`xattr ${name}`, notRoot);
      else this.#writeXattr(this.#native, place, [name, value]);
    }
  }

  #writeXattr(native: Native, place: DiskPath, [name, value]: readonly [ByteString, Uint8Array]): void {
    try {
      native.writeXattr(place, name, value);
    } catch (error) {
      const isRights = !this.#powers.isRoot && !isUsers(name);
      this.note(`xattr ${name}`, isRights ? notRoot : error);
    }
  }
}
