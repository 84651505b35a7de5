import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import type { Operation } from '../tree/draft.ts';
import type { DeviceNode, FifoNode, Meta, Node, Path, Tree } from '../tree/node.ts';
import { textOf } from '../tree/path.ts';
import { walk } from '../tree/walk.ts';
import { diskBytes, diskPath } from './disk-path.ts';
import { clampTime, isPlainTime, timeOf } from './disk-time.ts';
import type { Native } from './native.ts';
import { onDisk, systemCode } from './system-error.ts';

const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const typeBits = { char: 0o020000, block: 0o060000, fifo: 0o010000 } as const;

/**
 * Plays a draft's operations on a directory that nobody else writes to. Synchronous, on descriptors; never follows or
 * overwrites what it did not make. Owners need root, devices and extended attributes the native calls: what cannot be
 * carried is a warning, once a kind.
 */
export class RootfsWriter {
  readonly #root: string;
  readonly #native: Native | undefined;
  readonly #isRoot = process.geteuid?.() === 0;
  readonly #uid: number = process.geteuid?.() ?? 0;
  readonly #gid: number = process.getegid?.() ?? 0;
  readonly #umask: number = process.umask(0);
  readonly #skipped = new Set<Path>();
  readonly #warned = new Set<string>();
  #file: { readonly descriptor: number; readonly path: Path; readonly meta: Meta } | undefined;
  readonly warnings: string[] = [];

  /** `root` is an empty directory of the caller's own. */
  constructor(root: string, options: { readonly native: Native | undefined }) {
    this.#root = root;
    this.#native = options.native;
  }

  /** Gives the process its umask back. Called in any event. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file.descriptor);
    this.#file = undefined;
    process.umask(this.#umask);
  }

  execute(operation: Operation): void {
    const shown = `/${textOf(operation.path)}`;
    onDisk(shown, 'a path that can be written', () => {
      switch (operation.kind) {
        case 'remove':
          return this.#remove(operation.path);
        case 'create':
          return this.#create(operation.path, operation.node);
        case 'link':
          return this.#link(operation.path, operation.target);
        case 'update':
          return undefined;
      }
    });
  }

  /** More of the file that was created last. */
  write(chunk: Uint8Array): void {
    const file = this.#file;
    if (file === undefined) return;
    onDisk(`/${textOf(file.path)}`, 'room for the file', () => {
      for (let at = 0; at < chunk.length; ) at += writeSync(file.descriptor, chunk, at);
    });
  }

  /** The file that was created last is whole. */
  end(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    onDisk(`/${textOf(file.path)}`, 'a file whose attributes can be set', () => {
      try {
        this.#finishFile(file.descriptor, file.path, file.meta);
      } finally {
        closeSync(file.descriptor);
      }
    });
  }

  /** Directories get their attributes last, deepest first: what was written into them changed their times, and 0000 would have kept it out. */
  finish(tree: Tree): void {
    const directories = [['', tree] as const, ...walk(tree)].filter(([, node]) => node.kind === 'directory').reverse();
    for (const [path, { meta }] of directories) {
      onDisk(`/${textOf(path)}`, 'a directory whose attributes can be set', () => {
        const place = diskPath(this.#root, path);
        if (this.#owns(meta, path)) chownSync(place, meta.uid, meta.gid);
        this.#xattrs(path, meta);
        chmodSync(place, meta.mode);
        this.#time(path, meta, () => utimesSync(place, timeOf(meta.mtime), timeOf(meta.mtime)));
      });
    }
  }

  #warn(kind: string, text: string): void {
    if (this.#warned.has(kind)) return;
    this.#warned.add(kind);
    this.warnings.push(text);
  }

  #create(path: Path, node: Node): void {
    const place = diskPath(this.#root, path);
    this.#skipped.delete(path);
    switch (node.kind) {
      case 'directory':
        mkdirSync(place, 0o700);
        return;
      case 'file':
        this.#file = { descriptor: openSync(place, createFlags, this.#initialMode(node.meta)), path, meta: node.meta };
        return;
      case 'symlink':
        symlinkSync(Buffer.from(node.target, 'latin1') as unknown as string, place);
        if (this.#owns(node.meta, path)) lchownSync(place, node.meta.uid, node.meta.gid);
        this.#xattrs(path, node.meta);
        this.#time(path, node.meta, () => lutimesSync(place, timeOf(node.meta.mtime), timeOf(node.meta.mtime)));
        return;
      case 'device':
      case 'fifo':
        this.#special(path, node);
    }
  }

  /** The final mode at once where no owner is to be set, which would clear set-id bits; files of others stay unreadable until then. */
  #initialMode(meta: Meta): number {
    return this.#isForeign(meta) || meta.mode > 0o777 ? 0o600 : meta.mode;
  }

  #isForeign(meta: Meta): boolean {
    return meta.uid !== this.#uid || meta.gid !== this.#gid;
  }

  /** Whether an owner is to be set; without root that is not possible. */
  #owns(meta: Meta, path: Path): boolean {
    if (!this.#isForeign(meta)) return false;
    if (!this.#isRoot)
      this.#warn(
        'owner',
        `/${textOf(path)}: owner ${meta.uid}:${meta.gid} needs root; files belong to ${this.#uid}:${this.#gid}`,
      );
    return this.#isRoot;
  }

  #finishFile(descriptor: number, path: Path, meta: Meta): void {
    if (this.#owns(meta, path)) fchownSync(descriptor, meta.uid, meta.gid);
    if (this.#initialMode(meta) !== meta.mode) fchmodSync(descriptor, meta.mode);
    this.#xattrs(path, meta);
    this.#time(path, meta, () => futimesSync(descriptor, timeOf(meta.mtime), timeOf(meta.mtime)));
  }

  #time(path: Path, meta: Meta, setWhole: () => void): void {
    const mtime = clampTime(meta.mtime);
    if (mtime === meta.mtime && isPlainTime(mtime)) setWhole();
    else if (this.#native !== undefined) this.#native.setTime(diskBytes(this.#root, path), mtime);
    else {
      this.#warn('time', `/${textOf(path)}: times are kept to microseconds: the optional package koffi is not there`);
      if (mtime === meta.mtime) setWhole();
    }
  }

  #xattrs(path: Path, meta: Meta): void {
    if (meta.xattrs.size === 0) return;
    if (this.#native === undefined) {
      this.#warn(
        'xattr',
        `/${textOf(path)}: extended attributes are not written: the optional package koffi is not there`,
      );
      return;
    }
    const place = diskBytes(this.#root, path);
    for (const [name, value] of meta.xattrs) {
      try {
        this.#native.writeXattr(place, name, value);
      } catch (error) {
        this.#warn(
          `xattr ${name}`,
          `/${textOf(path)}: extended attribute '${textOf(name)}' is not written (${systemCode(error) ?? (error as { code?: string }).code ?? 'refused'})`,
        );
      }
    }
  }

  #special(path: Path, node: DeviceNode | FifoNode): void {
    const word = node.kind === 'fifo' ? 'fifo' : 'device';
    const why = this.#native === undefined ? 'the optional package koffi is not there' : 'that needs root';
    if (this.#native === undefined || (node.kind === 'device' && !this.#isRoot)) {
      this.#skipped.add(path);
      this.#warn(word, `/${textOf(path)}: a ${word} is not made: ${why}`);
      return;
    }
    const place = diskPath(this.#root, path);
    const device = node.kind === 'device' ? { major: node.major, minor: node.minor } : { major: 0, minor: 0 };
    try {
      this.#native.makeNode(
        diskBytes(this.#root, path),
        typeBits[node.kind === 'fifo' ? 'fifo' : node.type] | 0o600,
        device,
      );
    } catch (error) {
      this.#skipped.add(path);
      this.#warn(word, `/${textOf(path)}: a ${word} is not made (${(error as { code?: string }).code})`);
      return;
    }
    if (this.#owns(node.meta, path)) lchownSync(place, node.meta.uid, node.meta.gid);
    chmodSync(place, node.meta.mode);
    this.#xattrs(path, node.meta);
    this.#time(path, node.meta, () => lutimesSync(place, timeOf(node.meta.mtime), timeOf(node.meta.mtime)));
  }

  #link(path: Path, target: Path): void {
    if (this.#skipped.has(target)) this.#skipped.add(path);
    else linkSync(diskPath(this.#root, target), diskPath(this.#root, path));
  }

  #remove(path: Path): void {
    const place = diskPath(this.#root, path);
    if (this.#skipped.delete(path)) return;
    if (lstatSync(place).isDirectory()) {
      this.#empty(path);
      rmdirSync(place);
    } else unlinkSync(place);
  }

  #empty(path: Path): void {
    const place = diskPath(this.#root, path);
    for (const name of readdirSync(place, { encoding: 'buffer' }) as Buffer[])
      this.#remove(`${path}/${name.toString('latin1')}`);
  }
}
