import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { BodySource } from '../codec/body-source.ts';
import { nodeEngine } from '../engine/node.ts';
import { OciError } from '../errors.ts';
import type { FileNode, Path } from '../tree/node.ts';
import { textOf } from '../tree/path.ts';
import { walk } from '../tree/walk.ts';
import { diskPath } from './disk-path.ts';
import { loadNative, type Native } from './native.ts';
import type { Rootfs } from './place.ts';
import { type Known, type Scan, scanDirectory } from './rootfs-scan.ts';
import { onDisk } from './system-error.ts';

const bufferSize = 1 << 20;
/** After so many bytes of hashing other work gets its turn: inflating a base's layers, for one. */
const turn = 16 * bufferSize;

export interface DirectoryOptions {
  readonly native?: Native | undefined;
  readonly known?: Known;
}

export interface RootfsDirectory extends Rootfs, BodySource {
  /** The scan behind `tree`. */
  readonly scan: () => Scan;
}

let opened = 0;

/** The chunks of a file that was `size` bytes and of time `mtime` when it was listed. */
function* readFile(place: string | Buffer, shown: string, node: FileNode): Generator<Uint8Array> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = onDisk(shown, 'a file that can be read', () => openSync(place, flags));
  const changed = (): OciError =>
    new OciError('conflict', shown, 'expected a file that stays as it is, got one that changed while it was read');
  const isSame = (): boolean => {
    const stat = fstatSync(file, { bigint: true });
    return stat.isFile() && Number(stat.size) === node.size && stat.mtimeNs === node.meta.mtime;
  };
  try {
    if (!isSame()) throw changed();
    for (let left = node.size; left > 0; ) {
      const length = onDisk(shown, 'a file that can be read', () =>
        readSync(file, buffer, 0, Math.min(bufferSize, left), null),
      );
      if (length === 0) throw changed();
      left -= length;
      yield buffer.subarray(0, length);
    }
    if (!isSame()) throw changed();
  } finally {
    closeSync(file);
  }
}

const buffer: Buffer = Buffer.alloc(bufferSize);

/** Opens a directory as a root filesystem. It is walked once, at the first `tree`; bodies are read when they are asked for. */
export function openRootfsDirectory(directory: string, options: DirectoryOptions = {}): RootfsDirectory {
  const native = 'native' in options ? options.native : loadNative();
  const source = `rootfs:${opened++}:${directory}`;
  const digests = new Map<FileNode, string>();
  let scanned: Scan | undefined;
  const scan = (): Scan => {
    scanned ??= scanDirectory(directory, {
      native,
      source,
      ...(options.known === undefined ? {} : { known: options.known }),
    });
    return scanned;
  };
  const bodyOf = (path: Path, node: FileNode): Generator<Uint8Array> =>
    readFile(diskPath(scan().root, path), `/${textOf(path)}`, node);
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
      for (const [path, node] of missing.size === 0 ? [] : walk(scan().tree)) {
        if (node.kind !== 'file' || !missing.delete(node)) continue;
        const hasher = nodeEngine.createHash('sha256');
        for (const chunk of bodyOf(path, node)) hasher.update(chunk);
        digests.set(node, hasher.digest());
        since += node.size;
        if (since < turn) continue;
        since = 0;
        await new Promise(resolve => setImmediate(resolve));
      }
      return new Map([...files].map(file => [file, digests.get(file) ?? ''] as const));
    },
    body: bodyOf,
  };
}
