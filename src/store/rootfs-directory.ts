import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { BodySource } from '../codec/body-source.ts';
import { nodeEngine } from '../engine/node.ts';
import { OciError } from '../errors.ts';
import type { FileNode, Path } from '../tree/node.ts';
import { textOf } from '../tree/path.ts';
import { filesOf } from '../tree/walk.ts';
import { diskPath } from './disk-path.ts';
import { loadNative, type Native } from './native.ts';
import type { Rootfs } from './place.ts';
import { type Known, type Scan, type Stat, scanDirectory } from './rootfs-scan.ts';
import { systemError } from './system-error.ts';

const bufferSize = 1 << 20;
/** After so many bytes of hashing other work gets its turn: inflating a base's layers, for one. */
const turn = 16 * bufferSize;
/** Opening a small file costs as much as reading so many bytes. */
const openingCost = 1 << 14;

const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const exact = { bigint: true } as const;

export interface DirectoryOptions {
  readonly native?: Native | undefined;
  readonly known?: Known;
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

/** Opens a directory as a root filesystem. It is walked once, at the first `tree`; bodies are read when they are asked for. */
export function openRootfsDirectory(directory: string, options: DirectoryOptions = {}): RootfsDirectory {
  const native = 'native' in options ? options.native : loadNative();
  const source = `rootfs:${opened++}:${directory}`;
  const digests = new Map<FileNode, string>();
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
  return {
    subject: directory,
    scan,
    get warnings() {
      return scanned?.warnings ?? [];
    },
    tree: async () => scan().tree,
    async digests(files) {
      const missing = new Set([...files].filter(file => !digests.has(file)));
      let since = 0;
      for (const [path, node] of missing.size === 0 ? [] : filesOf(scan().tree)) {
        if (!missing.delete(node)) continue;
        digests.set(node, hashOf(listed(path, node)));
        since += node.size + openingCost;
        if (since < turn) continue;
        since = 0;
        await new Promise(resolve => setImmediate(resolve));
      }
      return new Map([...files].map(file => [file, digests.get(file) ?? ''] as const));
    },
    body: (path, node) => readListed(listed(path, node)),
  };
}
