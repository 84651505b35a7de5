import type { MtreeEntry } from '../../codec/mtree.ts';
import { fileCost } from '../../stream/pace.ts';
import type { ByteString, Meta, Node, Path, Tree } from '../../tree/node.ts';
import type { Parts } from '../../tree/parts.ts';
import { nameOf, parentOf, textOf } from '../../tree/path.ts';
import { walk } from '../../tree/walk.ts';
import { writeNewFile } from '../disk/atomic.ts';
import { Descent } from '../disk/descent.ts';
import { withLeaveAt } from '../disk/leave.ts';
import type { Native } from '../disk/native.ts';
import { kindOf, type Stat } from '../disk/stat.ts';
import { onDisk, systemCode } from '../disk/system-error.ts';
import type { LeftOut } from './left-out.ts';
import type { Powers } from './powers.ts';
import { encodeSidecar, Sidecar, sidecarOf, typeOf } from './sidecar.ts';

/** A tree that has just been written to `root`, whose path has no symbolic links. */
interface Written {
  readonly root: string;
  readonly tree: Tree;
  readonly native: Native | undefined;
  readonly powers: Powers;
  readonly inBundle: boolean;
}

/** What cannot differ from what the disk shows: a plain mode, the owner of all that nothing is said of. */
const isPlain = ({ kind, meta }: Node): boolean =>
  kind !== 'device' &&
  kind !== 'fifo' &&
  meta.uid === 0 &&
  meta.gid === 0 &&
  meta.mode <= 0o777 &&
  meta.xattrs.size === 0;

/** Compares a tree with what the disk shows of it. State: where it is, and what differs so far. */
class Recorder {
  readonly #written: Written;
  readonly #descent: Descent;
  readonly #own: Sidecar;
  readonly #inodes = new Map<Node, number>();
  readonly entries = new Map<Path, MtreeEntry>();
  readonly #left: LeftOut;

  constructor(written: Written, left: LeftOut) {
    this.#left = left;
    const { maps, owner } = written.powers;
    this.#written = written;
    this.#descent = new Descent(written.root);
    this.#own = new Sidecar({ maps, owner, entries: new Map() });
  }

  close(): void {
    this.#descent.close();
  }

  add(path: Path, node: Node): void {
    this.#countOwner(node.meta);
    if (isPlain(node)) return;
    const stat = this.#stat(path);
    if (stat === undefined) this.#addAbsent(path, node);
    else if (kindOf(stat) === 'file' && node.kind !== 'file') this.#addPlaceholder(path, node);
    else this.#addPresent(path, node, stat);
  }

  #countOwner({ uid, gid }: Meta): void {
    const { isRoot, owner } = this.#written.powers;
    if (!isRoot && (uid !== owner.uid || gid !== owner.gid)) this.#left.count('owner');
  }

  #stat(path: Path): Stat | undefined {
    try {
      this.#descent.enter(parentOf(path));
      return this.#descent.stat(path === '' ? '.' : nameOf(path), this.#written.native);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      return undefined;
    }
  }

  #typeOf(node: Node): MtreeEntry {
    const device = node.kind === 'device' ? { major: node.major, minor: node.minor } : undefined;
    return { type: typeOf(node), device };
  }

  #base(node: Node): MtreeEntry {
    const { mode, uid, gid } = node.meta;
    return { ...this.#typeOf(node), mode, uid, gid };
  }

  #addAbsent(path: Path, node: Node): void {
    this.#left.count(node.kind);
    const inode = this.#inodes.get(node) ?? this.#inodes.size + 1;
    this.#inodes.set(node, inode);
    const { mtime, xattrs } = node.meta;
    this.entries.set(path, { ...this.#base(node), time: mtime, inode, isOptional: true, xattrs });
  }

  #addPlaceholder(path: Path, node: Node): void {
    this.#left.count(node.kind);
    const { xattrs } = node.meta;
    this.entries.set(path, { ...this.#base(node), xattrs });
  }

  #addPresent(path: Path, node: Node, stat: Stat): void {
    const shown = this.#own.meta({ ...node.meta, ...stat, mode: stat.mode & 0o7777 }, undefined, stat.size);
    const { uid, gid, mode } = node.meta;
    const xattrs = this.#lostXattrs(path, node.meta);
    const hasMode = node.kind !== 'symlink' && mode !== shown.mode;
    for (const name of xattrs.keys()) this.#left.count(`xattr ${name}`);
    if (hasMode) this.#left.count('mode');
    if (shown.uid === uid && shown.gid === gid && !hasMode && xattrs.size === 0) return;
    this.entries.set(path, {
      ...this.#typeOf(node),
      mode: hasMode ? mode : undefined,
      uid: shown.uid === uid ? undefined : uid,
      gid: shown.gid === gid ? undefined : gid,
      ...(node.kind === 'file' && xattrs.size > 0 ? { size: node.size, time: stat.mtime } : {}),
      xattrs,
    });
  }

  #lostXattrs(path: Path, { xattrs }: Meta): ReadonlyMap<ByteString, Uint8Array> {
    if (xattrs.size === 0) return xattrs;
    const { native } = this.#written;
    const place = this.#descent.place(path === '' ? '.' : nameOf(path));
    const found = this.#descent.reach(() => withLeaveAt(place, undefined, () => native?.readXattrs(place)));
    return new Map([...xattrs].filter(([name]) => found?.has(name) !== true));
  }
}

/**
 * Writes the sidecar of a directory that has just been made: what of its tree the disk does not show; beside a plain directory
 * only where that was asked for, as nobody expects a file there. Yields what it costs;
 * `left` counts for people what that is.
 */
export function* writingSidecar(written: Written, left: LeftOut): Parts<void> {
  const { root, tree, powers } = written;
  const recorder = new Recorder(written, left);
  try {
    onDisk(root, 'a directory', () => recorder.add('', tree));
    for (const [path, node] of walk(tree)) {
      onDisk(`/${textOf(path)}`, 'a path that can be looked at', () => recorder.add(path, node));
      yield fileCost >> 3;
    }
  } finally {
    recorder.close();
  }
  const { entries } = recorder;
  const isNeeded = powers.isRootless || powers.hasMaps || (written.inBundle && !left.isEmpty);
  const place = sidecarOf(root);
  if (!isNeeded) return;
  const bytes = yield* encodeSidecar({ ...powers, entries });
  onDisk(place, 'a place for a file', () => writeNewFile(place, bytes));
}
