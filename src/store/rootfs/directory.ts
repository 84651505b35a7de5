import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { BodySource } from '../../codec/body-source.ts';
import { nodeEngine } from '../../engine/node.ts';
import { OciError } from '../../errors.ts';
import type { Rootfs } from '../../graph/source.ts';
import type { FileNode, Path, Tree } from '../../tree/node.ts';
import { textOf } from '../../tree/path.ts';
import { filesOf } from '../../tree/walk.ts';
import { diskPath } from '../disk/disk-path.ts';
import { loadNative, type Native } from '../disk/native.ts';
import { systemError } from '../disk/system-error.ts';
import { type Known, type Scan, type Stat, scanDirectory } from './scan.ts';

const bufferSize = 1 << 20;
/** After so many bytes of hashing other work gets its turn: inflating a base's layers, for one. */
const turn = 4 * bufferSize;
/** Opening a small file costs as much as reading so many bytes. */
const openingCost = 1 << 14;

const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const exact = { bigint: true } as const;

export interface DirectoryOptions {
  readonly native?: Native | undefined;
  readonly known?: Known;
  /** Files are hashed from the first `tree` on while other work waits, until contents are asked for: most of them will be. */
  readonly ahead?: boolean;
}

export interface RootfsDirectory extends Rootfs, BodySource {
  /** The scan behind `tree`. */
  readonly scan: () => Scan;
}

/** A file on disk, and what it was when it was listed. */
interface Listed {
  readonly place: string | Buffer;
  readonly path: Path;
  readonly stat: Stat | undefined;
}

let opened = 0;

/** Buffers that no reader holds: two readers never share one, whoever waits for whom. */
const buffers: Buffer[] = [];

function changed(path: Path): OciError {
  const message = 'expected a file that stays as it is, got one that changed while it was read';
  return new OciError('conflict', `/${textOf(path)}`, message);
}

function checkSame(descriptor: number, { path, stat }: Listed): void {
  const now = fstatSync(descriptor, exact);
  const isSame =
    stat !== undefined &&
    now.isFile() &&
    now.ino === stat.inode &&
    now.dev === stat.device &&
    Number(now.size) === stat.size &&
    now.mtimeNs === stat.mtime &&
    now.ctimeNs === stat.ctime;
  if (!isSame) throw changed(path);
}

function* chunksOf(descriptor: number, listed: Listed, buffer: Buffer): Generator<Uint8Array> {
  checkSame(descriptor, listed);
  for (let left = listed.stat?.size ?? 0; left > 0; ) {
    const length = readSync(descriptor, buffer, 0, Math.min(bufferSize, left), null);
    if (length === 0) throw changed(listed.path);
    left -= length;
    yield buffer.subarray(0, length);
  }
  checkSame(descriptor, listed);
}

/** The bytes of a file that must be as it was when it was listed. */
function* readListed(listed: Listed): Generator<Uint8Array> {
  const buffer = buffers.pop() ?? Buffer.allocUnsafeSlow(bufferSize);
  try {
    const descriptor = openSync(listed.place, openFlags);
    try {
      yield* chunksOf(descriptor, listed, buffer);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw systemError(error, `/${textOf(listed.path)}`, 'a file that can be read');
  } finally {
    buffers.push(buffer);
  }
}

function hashOf(listed: Listed): string {
  const hasher = nodeEngine.createHash('sha256');
  for (const chunk of readListed(listed)) hasher.update(chunk);
  return hasher.digest();
}

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** The sha256 of files, each read once. State: what is hashed already, and whether more is before anybody asks. */
class FileHashes {
  readonly #listed: (path: Path, node: FileNode) => Listed;
  readonly #digests = new Map<FileNode, string>();
  #isAhead = false;

  constructor(listed: (path: Path, node: FileNode) => Listed) {
    this.#listed = listed;
  }

  /** Hashes the files of a tree without being asked, until `stop`. */
  async goAhead(tree: Tree): Promise<void> {
    this.#isAhead = true;
    try {
      await nextTurn();
      await this.#read(filesOf(tree), () => this.#isAhead);
    } catch {
      // Whoever asks for this file reads it again, and gets the error.
      this.#isAhead = false;
    }
  }

  stop(): void {
    this.#isAhead = false;
  }

  async of(files: ReadonlySet<FileNode>, tree: () => Tree): Promise<ReadonlyMap<FileNode, string>> {
    this.stop();
    let isWhole = true;
    for (const file of files) isWhole &&= this.#digests.has(file);
    if (!isWhole) await this.#read(filesOf(tree()), (_path, file) => files.has(file));
    const found = new Map<FileNode, string>();
    for (const file of files) found.set(file, this.#digests.get(file) ?? '');
    return found;
  }

  async #read(
    files: Iterable<readonly [Path, FileNode]>,
    isWanted: (path: Path, file: FileNode) => boolean,
  ): Promise<void> {
    let since = 0;
    for (const [path, node] of files) {
      if (this.#digests.has(node) || !isWanted(path, node)) continue;
      this.#digests.set(node, hashOf(this.#listed(path, node)));
      since += node.size + openingCost;
      if (since < turn) continue;
      since = 0;
      await nextTurn();
    }
  }
}

/** Opens a directory as a root filesystem. It is walked once, at the first `tree`; bodies are read when they are asked for. */
export function openRootfsDirectory(directory: string, options: DirectoryOptions = {}): RootfsDirectory {
  const native = 'native' in options ? options.native : loadNative();
  const source = `rootfs:${opened++}:${directory}`;
  let scanned: Scan | undefined;
  const scan = (): Scan => {
    const { known } = options;
    scanned ??= scanDirectory(directory, { native, source, ...(known === undefined ? {} : { known }) });
    return scanned;
  };
  const listed = (path: Path, node: FileNode): Listed => {
    const { root, stats } = scan();
    return { place: diskPath(root, path), path, stat: stats.get(node) };
  };
  const hashes = new FileHashes(listed);
  return {
    subject: directory,
    scan,
    get warnings() {
      return scanned?.warnings ?? [];
    },
    async tree() {
      const isFirst = scanned === undefined;
      const { tree } = scan();
      if (isFirst && options.ahead === true) void hashes.goAhead(tree);
      return tree;
    },
    digests: files => hashes.of(files, () => scan().tree),
    body: (path, node) => {
      hashes.stop();
      return readListed(listed(path, node));
    },
  };
}
