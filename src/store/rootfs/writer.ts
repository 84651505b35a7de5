import { closeSync, constants, linkSync, mkdirSync, openSync, symlinkSync } from 'node:fs';
import { unsupported } from '../../errors.ts';
import { systemPathLimit } from '../../limits.ts';
import { fileCost } from '../../stream/pace.ts';
import type { DeviceNode, DirectoryNode, FifoNode, Meta, Node, Path, Tree } from '../../tree/node.ts';
import type { Operation } from '../../tree/operation.ts';
import type { Parts } from '../../tree/parts.ts';
import { nameOf, parentOf, shortTextOf, textOf } from '../../tree/path.ts';
import { directoriesInsideFirst } from '../../tree/walk.ts';
import { Descent } from '../disk/descent.ts';
import type { Native } from '../disk/native.ts';
import { blocksOf, SparseFile } from '../disk/sparse-file.ts';
import { onDisk, systemError } from '../disk/system-error.ts';
import { type FileSteps, type Made, type Obstacles, RootfsAttributes } from './attributes.ts';
import { type MakingOptions, type Powers, powersOf } from './powers.ts';
import { type OnPath, removing } from './removing.ts';

const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const typeBits = { char: 0o020000, block: 0o060000, fifo: 0o010000 } as const;

/**
 * Plays a draft's operations on a directory. Synchronous, on descriptors: everything is reached through the directories that were
 * made (`Descent`), so that whoever puts links in their places leads nothing out of it. Never follows or
 * overwrites what it did not make. Owners need root, devices and extended attributes the native calls: what cannot be
 * carried is an obstacle, once a kind; rootless, an empty file stands for a device.
 */
export class RootfsWriter {
  readonly #descent: Descent;
  /** The way to what links lead to. */
  readonly #targets: Descent;
  readonly #rootLength: number;
  readonly #native: Native | undefined;
  readonly #powers: Powers;
  readonly #attributes: RootfsAttributes;
  /** Paths that could not be made. */
  readonly #skipped = new Set<Path>();
  #file: (Made & { readonly descriptor: number; readonly body: SparseFile }) | undefined;

  /** `root` is an empty directory of the caller's own. */
  constructor(root: string, options: { readonly native: Native | undefined } & MakingOptions) {
    this.#descent = onDisk(root, 'a directory', () => new Descent(root, { use: 'written' }));
    this.#targets = onDisk(root, 'a directory', () => new Descent(root, { use: 'written' }));
    this.#rootLength = Buffer.byteLength(root);
    this.#native = options.native;
    this.#powers = powersOf(options);
    this.#attributes = new RootfsAttributes(options.native, this.#powers);
  }

  get warnings(): readonly string[] {
    return this.#attributes.warnings;
  }

  /** What could not be made of what was played. */
  get obstacles(): Obstacles {
    return this.#attributes.obstacles;
  }

  /** How a file gets its attributes where somebody else makes it. */
  stepsOf(meta: Meta): FileSteps {
    return this.#attributes.stepsOf(meta);
  }

  /** Lets go of a file that was not ended, and of directories. Called in any event. */
  close(): void {
    this.#descent.close();
    this.#targets.close();
    if (this.#file !== undefined) closeSync(this.#file.descriptor);
    this.#file = undefined;
  }

  /**
   * Does what one entry does; what of it takes long is left to who goes on with the parts that are given back. Throws `unsupported`
   * before any of it where a path is longer than a system call takes.
   */
  playing(operations: readonly Operation[]): Parts<void> | undefined {
    for (const { path } of operations) this.checkLength(path);
    if (operations.some(({ kind }) => kind === 'remove')) return this.#executing(operations);
    for (const operation of operations) this.#execute(operation);
    return undefined;
  }

  *#executing(operations: readonly Operation[]): Parts<void> {
    for (const operation of operations) {
      if (operation.kind === 'remove') yield* this.#removing(operation.path);
      else this.#execute(operation);
    }
  }

  /** Throws `unsupported` for a path that is longer than a system call takes. */
  checkLength(path: Path): void {
    const length = this.#rootLength + 1 + path.length;
    if (length <= systemPathLimit) return;
    const expected = `a path of at most ${systemPathLimit} bytes with the directory's`;
    throw unsupported(`/${shortTextOf(path)}`, expected, `${length}`, { hint: 'no tool could reach it by its path' });
  }

  /** What a path is called for people is made out only where something goes wrong: this is done for every entry. */
  readonly #onPath: OnPath = (path, action) => {
    try {
      return action();
    } catch (error) {
      throw systemError(error, `/${textOf(path)}`, 'a path that can be written');
    }
  };

  /** More of the file that was created last. */
  write(chunk: Uint8Array): void {
    const file = this.#file;
    if (file === undefined) return;
    try {
      file.body.write(chunk);
    } catch (error) {
      throw systemError(error, `/${textOf(file.path)}`, 'room for the file');
    }
  }

  /** The file that was created last is whole. */
  end(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    try {
      file.body.end();
      this.#attributes.finishFile(file.descriptor, file);
    } catch (error) {
      throw systemError(error, `/${textOf(file.path)}`, 'a file whose attributes can be set');
    } finally {
      closeSync(file.descriptor);
    }
  }

  /** Directories get their attributes last, deepest first, in parts: what was written into them changed their times, and 0000 would have kept it out. */
  *finishing(tree: Tree): Parts<void> {
    for (const [path, directory] of directoriesInsideFirst(tree)) {
      onDisk(`/${textOf(path)}`, 'a directory whose attributes can be set', () =>
        this.#finishDirectory(path, directory),
      );
      yield fileCost;
    }
  }

  #finishDirectory(path: Path, { meta }: DirectoryNode): void {
    this.#descent.enter(path);
    const { held } = this.#descent;
    if (held === undefined) this.#attributes.finish('directory', { place: this.#descent.place('.'), path, meta });
    else this.#attributes.finishHeld('directory', held, { path, meta });
  }

  /** Where a path is, once the way to it has been gone. */
  #at(path: Path, way = this.#descent): string | Buffer {
    way.enter(parentOf(path));
    return way.place(nameOf(path));
  }

  /** Directories get their attributes in `finishing`. */
  #execute(operation: Operation): void {
    const { kind, path } = operation;
    if (kind === 'create') this.#onPath(path, () => this.#create(path, operation.node));
    else if (kind === 'link') this.#onPath(path, () => this.#link(path, operation.target));
  }

  #create(path: Path, node: Node): void {
    const made = { place: this.#at(path), path, meta: node.meta };
    this.#skipped.delete(path);
    switch (node.kind) {
      case 'directory':
        mkdirSync(made.place, 0o700);
        break;
      case 'file':
        this.end();
        this.#begin(made);
        break;
      case 'symlink':
        // Node's types know no bytes here; Node does.
        symlinkSync(Buffer.from(node.target, 'latin1') as unknown as string, made.place);
        this.#attributes.finish('symlink', made);
        break;
      case 'device':
      case 'fifo':
        if (this.#makeSpecial(made, node)) this.#attributes.finish(node.kind, made);
        else if (this.#powers.isRootless) this.#makePlaceholder(made);
        else this.#skipped.add(path);
    }
  }

  #begin(made: Made): void {
    const descriptor = openSync(made.place, createFlags, this.#attributes.initialMode(made.meta));
    this.#file = { ...made, descriptor, body: new SparseFile(blocksOf(descriptor)) };
  }

  /** Makes a device or a fifo, where that is possible. */
  #makeSpecial({ place }: Made, node: DeviceNode | FifoNode): boolean {
    const device = node.kind === 'device' ? node : { major: 0, minor: 0 };
    const why = this.#attributes.obstacleOf(node.kind);
    try {
      if (why === undefined) {
        const type = node.kind === 'fifo' ? 'fifo' : node.type;
        this.#native?.makeNode(place, typeBits[type] | 0o600, device);
        return true;
      }
      this.#attributes.note(node.kind, why);
    } catch (error) {
      this.#attributes.note(node.kind, error);
    }
    return false;
  }

  /** An empty file with the mode of what it stands for, so that nothing else takes it for one that does something. */
  #makePlaceholder(made: Made): void {
    const meta = { ...made.meta, mode: made.meta.mode & 0o777 };
    const file = openSync(made.place, createFlags, this.#attributes.initialMode(meta));
    try {
      this.#attributes.finishFile(file, { ...made, meta });
    } finally {
      closeSync(file);
    }
  }

  #link(path: Path, target: Path): void {
    if (this.#skipped.has(target)) {
      this.#skipped.add(path);
      return;
    }
    linkSync(this.#at(target, this.#targets), this.#at(path));
    this.#skipped.delete(path);
  }

  *#removing(path: Path): Parts<void> {
    if (this.#skipped.delete(path)) return;
    this.#targets.leave(path);
    yield* removing(this.#descent, path, this.#onPath);
  }
}
