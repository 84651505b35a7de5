import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { changed, invalid } from '../../errors.ts';
import { pathLimit } from '../../limits.ts';
import { fileCost, Pace } from '../../stream/pace.ts';
import type { ByteString, DirectoryNode, FileNode, Meta, Node, Path, Tree } from '../../tree/node.ts';
import { joinPath, shortTextOf, textOf } from '../../tree/path.ts';
import { isOut, type Selection } from '../../tree/selection.ts';
import { Descent, isOtherwise } from '../disk/descent.ts';
import { mountPoint, mountTest, mountWarnings } from '../disk/mounts.ts';
import type { Native } from '../disk/native.ts';
import { type Identity, kindOf, majorOf, minorOf, type Stat } from '../disk/stat.ts';
import { onDisk, systemError } from '../disk/system-error.ts';
import { isTemporaryName } from '../disk/temporary.ts';
import type { Listed } from './file-reader.ts';
import { ScannedXattrs } from './scanned-xattrs.ts';
import type { Sidecar } from './sidecar.ts';

/** What is known of a path before it is read: its node, where the stat says that nothing has changed. */
export interface Known {
  lookup(path: Path, stat: Stat): Node | undefined;
  /** A directory whose own mode and owner are as they were, whatever changed in it. */
  directory(path: Path, stat: Stat): DirectoryNode | undefined;
}

interface ScanOptions {
  readonly native: Native | undefined;
  /** What file contents are identified by. */
  readonly source: string;
  readonly known?: Known | undefined;
  /** What is looked at; everything where it is not given. A directory that leads nowhere is not opened. */
  readonly selection?: Selection | undefined;
  /** What is mounted below the root is walked as well. */
  readonly crossMounts?: boolean | undefined;
  /** What the disk does not show. */
  readonly sidecar?: Sidecar | undefined;
  /** What all others than files were is kept as well. */
  readonly isNoting?: boolean | undefined;
  /** Stops the walk: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface Scan {
  readonly root: string;
  readonly tree: Tree;
  /** The files that were met, each once whatever its number of names. */
  readonly files: ReadonlyMap<FileNode, Listed>;
  /** What the others were, where that is kept. */
  readonly others: ReadonlyMap<Node, Stat> | undefined;
  readonly warnings: readonly string[];
  /** The mounts that were met and not walked. */
  readonly mounts: ReadonlySet<Path>;
}

/** A path that is being looked at, in the directory that the walk is in. */
interface Met {
  readonly path: Path;
  readonly name: ByteString;
  readonly stat: Stat;
}

/** A directory that has been met and not been gone through. */
interface Pending {
  readonly path: Path;
  readonly id: Identity;
  readonly children: Map<ByteString, Node>;
}

/** A walk of one directory tree. State: what was met so far, and where it is, for the one message that may be needed. */
class Scanner {
  readonly #root: string;
  readonly #descent: Descent;
  readonly #options: ScanOptions;
  readonly #linked = new Map<string, Node>();
  readonly #pending: Pending[] = [];
  #member = 0;
  #at: Path = '';
  #expected = 'a directory';
  readonly #xattrs: ScannedXattrs;
  readonly files = new Map<FileNode, Listed>();
  readonly others: Map<Node, Stat> | undefined;
  readonly warnings: string[] = [];
  readonly mounts = new Set<Path>();
  readonly #isMount: (path: Path, stat: Stat) => boolean;

  constructor(root: string, descent: Descent, options: ScanOptions) {
    this.#root = root;
    this.#descent = descent;
    this.#options = options;
    this.others = options.isNoting === true ? new Map() : undefined;
    this.#xattrs = new ScannedXattrs(root, { descent, native: options.native, warnings: this.warnings });
    this.#isMount = options.crossMounts === true ? () => false : mountTest(root);
  }

  async tree(): Promise<Tree> {
    try {
      return await this.#walk();
    } catch (error) {
      if (this.#at === '') throw systemError(error, this.#root, this.#expected);
      const subject = `/${textOf(this.#at)}`;
      throw isOtherwise(error) ? changed(subject, 'a path') : systemError(error, subject, this.#expected);
    }
  }

  async #walk(): Promise<Tree> {
    const pace = new Pace(this.#options.signal);
    const met = this.#meet('', '.');
    const tree = this.#enter(met, this.#directory(met));
    for (let top = this.#pending.pop(); top !== undefined; top = this.#pending.pop()) {
      this.#expect(top.path, 'a directory that can be read');
      this.#descent.enter(top.path, top.id);
      for (const name of this.#descent.names()) {
        const path = joinPath(top.path, name);
        const node = isOut(this.#options.selection, path) ? undefined : this.#named(this.#meet(path, name));
        if (node !== undefined) top.children.set(name, node);
        const turn = pace.spend(fileCost);
        if (turn !== undefined) await turn;
      }
      this.#descent.check();
      this.#options.sidecar?.fill(top.path, top.children, path => this.#options.selection?.has(path) !== false);
    }
    return tree;
  }

  #enter({ path, stat }: Met, { meta }: DirectoryNode): DirectoryNode {
    const children = new Map<ByteString, Node>();
    this.#pending.push({ path, id: stat, children });
    const directory: DirectoryNode = { kind: 'directory', meta, children };
    this.others?.set(directory, stat);
    return directory;
  }

  #expect(path: Path, expected: string): void {
    this.#at = path;
    this.#expected = expected;
  }

  #meet(path: Path, name: ByteString): Met {
    this.#expect(path, 'a path that can be looked at');
    if (path.length > pathLimit)
      throw invalid(`/${shortTextOf(path)}`, `a path of at most ${pathLimit} bytes`, `${path.length}`);
    return { path, name, stat: this.#descent.stat(name, this.#options.native) };
  }

  /** The node of a name that was met; undefined for what is no part of a tree, as a temporary directory of ocikit's. */
  #named(met: Met): Node | undefined {
    return isTemporaryName(met.name) && kindOf(met.stat) === 'directory' ? undefined : this.#node(met);
  }

  #node(met: Met): Node | undefined {
    const { stat } = met;
    const kind = kindOf(stat);
    if (kind !== 'directory' && this.#options.selection?.has(met.path) === false) return undefined;
    if (this.#isMount(met.path, stat)) {
      this.mounts.add(met.path);
      const point = mountPoint(stat);
      if (point !== undefined) this.others?.set(point, stat);
      return point;
    }
    const key = stat.links > 1 && kind !== 'directory' ? `${stat.device}:${stat.inode}` : undefined;
    const linked = key === undefined ? undefined : this.#linked.get(key);
    if (linked !== undefined) return this.#again(linked, met);
    const known = this.#options.known?.lookup(met.path, stat);
    if (kind === 'directory') return this.#enter(met, known?.kind === kind ? known : this.#directory(met));
    const node = known ?? (kind === 'file' ? this.#fresh(met) : this.#special(met, kind));
    if (key !== undefined && node !== undefined) this.#linked.set(key, node);
    if (known === undefined && node !== undefined && key !== undefined) this.#again(node, met);
    if (node?.kind === 'file') this.files.set(node, { path: met.path, stat });
    else if (node !== undefined) this.others?.set(node, stat);
    return node;
  }

  /** Another name of a node: what the sidecar says of it may say it of that name. What is known already has all its names. */
  #again(node: Node, met: Met): Node {
    const { sidecar, known } = this.#options;
    if (sidecar !== undefined && known?.lookup(met.path, met.stat) !== node)
      sidecar.addName(node, met.path, this.#diskMeta(met));
    return node;
  }

  #special(met: Met, kind: ReturnType<typeof kindOf>): Node | undefined {
    switch (kind) {
      case 'symlink':
        return { kind, meta: this.#meta(met), target: this.#target(met) };
      case 'fifo':
        return { kind, meta: this.#meta(met) };
      case 'char':
      case 'block': {
        const { special } = met.stat;
        return { kind: 'device', meta: this.#meta(met), type: kind, major: majorOf(special), minor: minorOf(special) };
      }
      default:
        this.warnings.push(`/${textOf(met.path)}: a socket, which no layer can hold, is left out`);
        return undefined;
    }
  }

  #directory(met: Met): DirectoryNode {
    const { meta } = this.#options.known?.directory(met.path, met.stat) ?? {};
    if (meta === undefined) return { kind: 'directory', meta: this.#meta(met), children: new Map() };
    // Without native calls nothing says that the attributes are not as they were.
    const { xattrs } = this.#options.native === undefined ? { ...meta } : this.#meta(met);
    return { kind: 'directory', meta: { ...meta, mtime: met.stat.mtime, xattrs }, children: new Map() };
  }

  #fresh(met: Met): Node {
    const stood = this.#options.sidecar?.placeholder(met.path, () => this.#diskMeta(met), met.stat.size);
    if (stood !== undefined) return stood;
    const content = { source: this.#options.source, member: this.#member++ };
    return { kind: 'file', meta: this.#meta(met), size: met.stat.size, content };
  }

  #target({ path, name }: Met): ByteString {
    this.#expect(path, 'a symlink that can be read');
    return this.#descent.reach(() => readlinkSync(this.#descent.place(name), 'buffer').toString('latin1'));
  }

  #meta(met: Met): Meta {
    const { sidecar } = this.#options;
    const disk = this.#diskMeta(met);
    return sidecar === undefined ? disk : sidecar.metaOf(met, disk);
  }

  #diskMeta(met: Met): Meta {
    const { mode, uid, gid, mtime } = met.stat;
    this.#expect(met.path, 'extended attributes that can be read');
    return { mode: mode & 0o7777, uid, gid, mtime, xattrs: this.#xattrs.of(met) };
  }
}

/**
 * A directory as a tree: every kind of file but sockets, hardlinks of whatever type as one node, names and symlink targets
 * by their bytes. No symlink is followed below the root, whatever is renamed meanwhile. Throws one clear error for what cannot
 * be read, `conflict` for what changes between two looks at it, `invalid` for a path that no layer holds.
 */
export async function scanDirectory(directory: string, options: ScanOptions): Promise<Scan> {
  const root = onDisk(directory, 'a directory', () => realpathSync(directory));
  if (!lstatSync(root).isDirectory()) throw invalid(directory, 'a directory', 'a file');
  const descent = onDisk(directory, 'a directory', () => new Descent(root));
  try {
    const scanner = new Scanner(root, descent, options);
    const tree = await scanner.tree();
    const { files, others, warnings, mounts } = scanner;
    return { root, tree, files, others, mounts, warnings: [...warnings, ...mountWarnings(mounts)] };
  } finally {
    descent.close();
  }
}
