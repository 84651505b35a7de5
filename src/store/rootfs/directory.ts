import type { BodySource } from '../../codec/body-source.ts';
import type { ComparableRootfs } from '../../graph/comparable-rootfs.ts';
import { Pace, type Work } from '../../stream/pace.ts';
import type { FileNode, Node, Path, Tree } from '../../tree/node.ts';
import type { Selection } from '../../tree/selection.ts';
import { loadNative, type Native } from '../disk/native.ts';
import type { Stat } from '../disk/stat.ts';
import { systemError } from '../disk/system-error.ts';
import { FileHashes, type Hashed } from './file-hashes.ts';
import { FileReader } from './file-reader.ts';
import { type Known, type Scan, scanDirectory } from './scan.ts';
import { readSidecar } from './sidecar.ts';
import { unmadeKinds } from './unmade.ts';

interface DirectoryOptions {
  readonly native?: Native | undefined;
  readonly known?: Known | undefined;
  /** What the contents of files that `known` gives are compared by. */
  readonly digests?: ReadonlyMap<FileNode, string> | undefined;
  /** What of it is looked at. */
  readonly selection?: Selection | undefined;
  /** What is mounted in it is walked as well. */
  readonly crossMounts?: boolean | undefined;
  /** Files are hashed from the first `tree` on while other work waits, until contents are asked for: most of them will be. */
  readonly ahead?: boolean;
  /** Contents are hashed as they are read, and what everything was on the disk is kept: whoever reads will ask. */
  readonly isNoting?: boolean;
  /** What watches and stops the walk and the hashing. */
  readonly work?: Work;
}

export interface RootfsDirectory extends ComparableRootfs, Required<BodySource> {
  /** What is known of contents by now, without reading any. */
  readonly hashed: Hashed;
  /** What a node of the tree was on the disk, where that is kept. */
  statOf(node: Node): Stat | undefined;
  /** Stops what goes on unasked. Called where nobody will ask for anything any more. */
  close(): void;
}

const noMounts: ReadonlySet<Path> = new Set();
let opened = 0;

interface Noting {
  readonly native: Native | undefined;
  readonly hashes: FileHashes;
  /** Whether what is read is hashed. */
  readonly isNoting: boolean;
}

/** The bodies of a scan's files. Between `prepare` and its answer directories stay open from one file to the next. State: who has prepared. */
class Bodies {
  readonly #scan: () => Scan;
  readonly #native: Native | undefined;
  readonly #hashes: FileHashes;
  readonly #isNoting: boolean;
  #reader: FileReader | undefined;
  #users = 0;

  constructor(scan: () => Scan, { native, hashes, isNoting }: Noting) {
    this.#scan = scan;
    this.#native = native;
    this.#hashes = hashes;
    this.#isNoting = isNoting;
  }

  prepare(): () => void {
    this.#reader ??= new FileReader(this.#scan().root, this.#native);
    this.#users++;
    return () => {
      if (--this.#users > 0) return;
      this.#reader?.close();
      this.#reader = undefined;
    };
  }

  fill(path: Path, node: FileNode, room: Uint8Array): boolean {
    this.#hashes.stop();
    const { root, files } = this.#scan();
    const reader = this.#reader ?? new FileReader(root, this.#native);
    try {
      reader.fill({ path, stat: files.get(node)?.stat }, room);
    } finally {
      if (reader !== this.#reader) reader.close();
    }
    if (this.#isNoting) this.#hashes.noteWhole(node, room);
    return true;
  }

  body(path: Path, node: FileNode): Generator<Uint8Array> {
    this.#hashes.stop();
    return this.#isNoting ? this.#hashes.noting(node, this.#read(path, node)) : this.#read(path, node);
  }

  *#read(path: Path, node: FileNode): Generator<Uint8Array> {
    const { root, files } = this.#scan();
    const reader = this.#reader ?? new FileReader(root, this.#native);
    try {
      yield* reader.read({ path, stat: files.get(node)?.stat });
    } finally {
      if (reader !== this.#reader) reader.close();
    }
  }
}

function statIn({ files, others }: Scan, node: Node): Stat | undefined {
  return node.kind === 'file' ? files.get(node)?.stat : others?.get(node);
}

/** Opens a directory as a root filesystem, with what its sidecar says of it. It is walked once, at the first `tree`; bodies are read when they are asked for. */
export function openRootfsDirectory(directory: string, options: DirectoryOptions = {}): RootfsDirectory {
  const { known, selection, crossMounts, ahead, isNoting = false, work = {} } = options;
  const native = 'native' in options ? options.native : loadNative();
  const source = `rootfs:${opened++}:${directory}`;
  let scanned: Scan | undefined;
  let tree: Promise<Tree> | undefined;
  let unmade: ReadonlySet<Node['kind']> = new Set();
  const scan = (): Scan => {
    if (scanned === undefined) throw new Error(`${directory}: a file that was not listed`);
    return scanned;
  };
  const hashes = new FileHashes(scan, { native, work, known: options.digests });
  const bodies = new Bodies(scan, { native, hashes, isNoting });
  const walked = async (): Promise<Tree> => {
    const { signal } = work;
    const sidecar = await new Pace(signal).run(readSidecar(directory)).catch((error: unknown) => {
      throw systemError(error, directory, 'a directory');
    });
    const how = { native, source, selection, crossMounts, isNoting, signal, known, sidecar };
    scanned = await scanDirectory(directory, how);
    if (sidecar === undefined) unmade = unmadeKinds(native);
    if (ahead === true) hashes.goAhead();
    return scanned.tree;
  };
  return {
    subject: directory,
    get warnings() {
      return scanned?.warnings ?? [];
    },
    get mounts() {
      return scanned?.mounts ?? noMounts;
    },
    get unmade() {
      return unmade;
    },
    tree() {
      tree ??= walked();
      return tree;
    },
    get hashed() {
      return hashes.hashed;
    },
    digests: files => hashes.of(files),
    async prepare() {
      return bodies.prepare();
    },
    body: (path, node) => bodies.body(path, node),
    fill: (path, node, room) => bodies.fill(path, node, room),
    statOf: node => statIn(scan(), node),
    close: () => hashes.close(),
  };
}
