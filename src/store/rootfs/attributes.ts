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
import type { Meta, Node, Path } from '../../tree/node.ts';
import { textOf } from '../../tree/path.ts';
import { clampTime, isPlainTime, timeOf } from '../disk/disk-time.ts';
import type { DiskPath, Native } from '../disk/native.ts';

/** A node that has been made: where it is, and what it is to be. */
export interface Made {
  readonly place: string | Buffer;
  readonly path: Path;
  readonly meta: Meta;
}

type Timed<Place> = Omit<Made, 'place'> & { readonly place: Place };
type SetTime<Place> = (place: Place, atime: number | string, mtime: number | string) => void;

/** The code of an error of the operating system, for a warning. */
export function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? `${error.code}` : 'refused';
}

/**
 * Gives nodes on disk their attributes: owner first, because that clears set-id bits and capabilities; extended
 * attributes while the node can still be written; then mode; then time. What cannot be carried is a warning, once a kind.
 */
export class RootfsAttributes {
  readonly #native: Native | undefined;
  readonly #uid: number = process.geteuid?.() ?? 0;
  readonly #gid: number = process.getegid?.() ?? 0;
  readonly #umask: number = process.umask();
  readonly #warned = new Set<string>();
  readonly isRoot: boolean = process.geteuid?.() === 0;
  readonly warnings: string[] = [];

  constructor(native: Native | undefined) {
    this.#native = native;
  }

  /** Adds a sentence unless one of its kind is there. */
  warn(kind: string, text: string): void {
    if (this.#warned.has(kind)) return;
    this.#warned.add(kind);
    this.warnings.push(text);
  }

  /** The mode to make a file with: the final one at once, unless an owner (which clears set-id bits) or extended attributes come first. */
  initialMode(meta: Meta): number {
    return this.#isForeign(meta) || meta.mode > 0o777 || meta.xattrs.size > 0 ? 0o600 : meta.mode;
  }

  /** Finishes an open file that was made with `initialMode`. */
  finishFile(descriptor: number, { place, path, meta }: Made): void {
    if (this.#owns(meta, path)) fchownSync(descriptor, meta.uid, meta.gid);
    this.#writeXattrs(place, path, meta);
    if ((this.initialMode(meta) & ~this.#umask) !== meta.mode) fchmodSync(descriptor, meta.mode);
    this.#setTime({ place: descriptor, path, meta }, futimesSync);
  }

  /** Finishes anything but a regular file; follows no symlink. */
  finish(kind: Node['kind'], { place, path, meta }: Made): void {
    if (this.#owns(meta, path)) (kind === 'directory' ? chownSync : lchownSync)(place, meta.uid, meta.gid);
    this.#writeXattrs(place, path, meta);
    if (kind !== 'symlink') chmodSync(place, meta.mode);
    this.#setTime({ place, path, meta }, kind === 'directory' ? utimesSync : lutimesSync);
  }

  #isForeign(meta: Meta): boolean {
    return meta.uid !== this.#uid || meta.gid !== this.#gid;
  }

  /** Whether an owner is to be set; without root that is not possible. */
  #owns(meta: Meta, path: Path): boolean {
    if (!this.#isForeign(meta)) return false;
    if (!this.isRoot) {
      const here = `${this.#uid}:${this.#gid}`;
      this.warn('owner', `/${textOf(path)}: owner ${meta.uid}:${meta.gid} needs root; files belong to ${here}`);
    }
    return this.isRoot;
  }

  #setTime<Place extends DiskPath | number>({ place, path, meta }: Timed<Place>, set: SetTime<Place>): void {
    const mtime = clampTime(meta.mtime);
    if (!isPlainTime(mtime) && this.#native !== undefined) {
      this.#native.setTime(place, mtime);
      return;
    }
    if (mtime % 1000n !== 0n)
      this.warn('time', `/${textOf(path)}: times are kept to microseconds: the optional package koffi is not there`);
    const time = timeOf(mtime);
    set(place, time, time);
  }

  #writeXattrs(place: DiskPath, path: Path, { xattrs }: Meta): void {
    if (xattrs.size === 0) return;
    const shown = `/${textOf(path)}`;
    if (this.#native === undefined) {
      this.warn('xattr', `${shown}: extended attributes are not written: the optional package koffi is not there`);
      return;
    }
    for (const [name, value] of xattrs) {
      try {
        this.#native.writeXattr(place, name, value);
      } catch (error) {
        const text = `${shown}: extended attribute '${textOf(name)}' is not written (${reasonOf(error)})`;
        this.warn(`xattr ${name}`, text);
      }
    }
  }
}
