import type { DeflatedBlocks } from '../engine/deflated-blocks.ts';
import type { Bytes } from '../engine/engine.ts';
import { unsupported } from '../errors.ts';
import { systemPathLimit } from '../limits.ts';
import { Pace } from '../stream/pace.ts';
import { Draft } from '../tree/draft.ts';
import {
  type DirectoryNode,
  emptyTree,
  type FileNode,
  isImpliedRoot,
  type LayerEntry,
  type Meta,
  type Node,
  type Path,
  setGroup,
  type Tree,
} from '../tree/node.ts';
import type { Operation } from '../tree/operation.ts';
import type { Parts } from '../tree/parts.ts';
import { ancestorsOf, joinPath, parentOf, shortTextOf } from '../tree/path.ts';
import { entryHeader } from './entry-header.ts';
import { FinalTree } from './final-tree.ts';
import { type LayerOrigin, throughLayer } from './layer-reader.ts';
import { Outgoing } from './outgoing.ts';
import { blockSize, paddingAfter } from './tar-header.ts';

/** A layer to be read for its bodies. */
export interface LayerTar extends LayerOrigin {
  /** Its bytes from the beginning; `blocks` is told of what they are inflated from. */
  readonly open: (blocks?: DeflatedBlocks) => Bytes;
}

/** A layer that says one thing and then another of a path: what it comes to is known only at its end. */
export class Superseded extends Error {}

const endOfArchive = Buffer.alloc(2 * blockSize);

const isIn = (path: Path, directory: Path): boolean => directory === '' || path.startsWith(`${directory}/`);

/** A tar in the making: what layers do is played, and written where it lasts. */
class TreeTar {
  readonly #draft: Draft;
  /** What it comes to; unknown where a layer is taken at its word. */
  readonly #final: FinalTree | undefined;
  /** The attributes that each name was written with. */
  readonly #written = new Map<Path, Meta>();
  /** Names that were written as hardlinks, and the first ones of what they name. */
  readonly #links = new Map<Path, Path>();
  readonly #leaves = new Set<Path>();
  /** The directory that was written to last: it and those above it are open, which an extractor has not given their modes yet. */
  #open: Path = '';
  /** Directories with the setgid bit that were left: all that are in them have been written. */
  readonly #left = new Set<Path>();
  readonly #out = new Outgoing();
  /** The file whose body is coming by. */
  #file: FileNode | undefined;

  constructor(subject: string, final?: FinalTree) {
    this.#draft = new Draft(emptyTree(), subject);
    this.#final = final;
  }

  /** What is to be known before the first layer comes, in parts. */
  readonly expect = (): Iterable<number> => this.#final?.expect() ?? [];

  /** Writes the root directory where it is not as one that no entry describes. */
  begin(root: DirectoryNode): void {
    if (!isImpliedRoot(root.meta)) this.#write('', root);
  }

  beginLayer(): void {
    this.#draft.beginLayer();
  }

  entry(entry: LayerEntry): Iterable<number> | undefined {
    const final = this.#final;
    const play = (one: Operation): void => (final === undefined ? this.#trust(one) : this.#keep(one, final));
    return this.#draft.applying(entry, operations => void operations.forEach(play));
  }

  data(chunk: Uint8Array): void {
    if (this.#file !== undefined) this.#out.add(chunk);
  }

  end(): void {
    if (this.#file !== undefined) this.#out.add(paddingAfter(this.#file.size));
    this.#file = undefined;
  }

  /** What is to be passed on before the next chunk of a layer is read. */
  take(): Iterable<Uint8Array> {
    return this.#out.take();
  }

  /** What no layer brought under its last name, and the end. In parts: what there is to take after each is to be passed on. */
  *finish(): Parts<void> {
    if (this.#final !== undefined) this.#reach('', this.#final);
    const write = (path: Path, node: Node, first?: Path): void =>
      first === undefined ? this.#write(path, node) : this.#link(path, first);
    yield* this.#final?.rest(this.#written, write) ?? [];
    this.#out.add(endOfArchive);
    this.#out.flush();
    yield 0;
  }

  /** Writes what one layer says at once. Throws `Superseded` where it takes something back. */
  #trust(operation: Operation): void {
    const { path } = operation;
    switch (operation.kind) {
      case 'create':
        this.#stay(path);
        this.#write(path, operation.node);
        if (operation.node.kind === 'directory') this.#open = path;
        if (operation.node.kind === 'file') this.#file = operation.node;
        return;
      case 'link': {
        const first = this.#links.get(operation.target) ?? operation.target;
        if (!this.#leaves.has(first)) throw new Superseded();
        this.#stay(path);
        this.#link(path, first);
        return;
      }
      case 'update': {
        const known = this.#written.get(path);
        if (path === '' && known === undefined && this.#written.size === 0) this.begin(operation.node);
        else if (path === '' && known === undefined && isImpliedRoot(operation.node.meta)) return;
        else if (known === undefined || !isSameMeta(known, operation.node.meta)) throw new Superseded();
        return;
      }
      case 'remove':
        throw new Superseded();
    }
  }

  /** What comes where a directory has been left is written elsewhere. */
  #stay(path: Path): void {
    const parent = parentOf(path);
    if (parent !== this.#open && !isIn(this.#open, parent)) throw new Superseded();
    this.#open = parent;
  }

  /** Writes what lasts of an operation: bodies by what identifies them, anything else by its path. */
  #keep(operation: Operation, final: FinalTree): void {
    if (operation.kind === 'create' && operation.node.kind === 'file') {
      const found = final.claim(operation.node, operation.path);
      if (found === undefined) return;
      this.#reach(parentOf(found.path), final);
      this.#write(found.path, found.file);
      this.#file = found.file;
    } else if (operation.kind === 'create' || operation.kind === 'link') {
      this.#keepName(operation.path, final);
    }
  }

  /** A directory that is not empty waits for what is in it. */
  #keepName(path: Path, final: FinalTree): void {
    if (this.#written.has(path)) return;
    const node = final.at(path);
    if (node === undefined || (node.kind === 'directory' && node.children.size > 0)) return;
    const first = final.firstNameOf(node);
    if (node.kind === 'file' && first === undefined) return;
    this.#reach(parentOf(path), final);
    if (first === undefined) this.#write(path, node);
    else this.#link(path, first);
  }

  /** Leaves the directories that do not lead to this one, and writes it and those above it where they have not been. */
  #reach(path: Path, final: FinalTree): void {
    if (path === this.#open) return;
    for (; this.#open !== path && !isIn(path, this.#open); this.#open = parentOf(this.#open))
      this.#leave(this.#open, final);
    this.#open = path;
    if (path === '' || this.#written.has(path)) return;
    for (const above of [...ancestorsOf(path), path]) {
      const node = this.#written.has(above) ? undefined : final.at(above);
      if (node !== undefined) this.#write(above, node);
    }
  }

  /** What is made in a directory that has its setgid bit already inherits it: its directories are made before. */
  #leave(path: Path, final: FinalTree): void {
    const left = [path];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const node = final.at(next);
      if (node?.kind !== 'directory') continue;
      if (!this.#written.has(next)) this.#write(next, node);
      if ((node.meta.mode & setGroup) === 0 || this.#left.has(next)) continue;
      this.#left.add(next);
      const inside = [...node.children].filter(([, child]) => child.kind === 'directory');
      for (const [name] of inside.reverse()) left.push(joinPath(next, name));
    }
  }

  #write(path: Path, node: Node): void {
    if (path.length > systemPathLimit)
      throw unsupported(`/${shortTextOf(path)}`, `a path of at most ${systemPathLimit} bytes`, `${path.length}`);
    this.#out.add(entryHeader({ kind: 'node', path, node }, this.#written));
    this.#written.set(path, node.meta);
    if (node.kind === 'directory') return;
    this.#leaves.add(path);
    this.#final?.writtenAs(node, path);
  }

  #link(path: Path, target: Path): void {
    const meta = this.#written.get(target) as Meta;
    this.#out.add(entryHeader({ kind: 'hardlink', path, target }, this.#written));
    this.#written.set(path, meta);
    this.#links.set(path, target);
  }
}

function isSameMeta(one: Meta, other: Meta): boolean {
  const isPlain = one.xattrs.size === 0 && other.xattrs.size === 0;
  return (
    isPlain && one.mode === other.mode && one.uid === other.uid && one.gid === other.gid && one.mtime === other.mtime
  );
}

async function* play(tar: TreeTar, layers: readonly LayerTar[], tree?: Tree): Bytes {
  const pace = new Pace(layers[0]?.signal);
  for (const cost of tar.expect()) await pace.spend(cost);
  if (tree !== undefined) tar.begin(tree);
  for (const layer of layers) {
    tar.beginLayer();
    yield* throughLayer(layer.open(), layer, { sink: tar, take: () => tar.take() });
  }
  for (const cost of tar.finish()) {
    const turn = pace.spend(cost);
    if (turn !== undefined) await turn;
    yield* tar.take();
  }
}

/**
 * A merged tree as one tar that every extractor takes: in the order in which the layers, bottom first, bring what lasts; a
 * directory right before the first thing in it, further names, which are hardlinks, after the first. Every name once;
 * attributes as `writeLayer` writes them. A directory that an upper layer comes back to is extended later on: GNU tar sets its time
 * last only with --delay-directory-restore; what would inherit its setgid bit comes before. The same tree and layers give the same bytes. Bodies are passed on as they come; a chunk is valid
 * until the next is asked for. Throws `unsupported` for a path that no system takes, and `conflict` where a layer lacks a file that the tree has from it.
 */
export function writeTree(tree: Tree, layers: readonly LayerTar[], subject: string): Bytes {
  return play(new TreeTar(subject, new FinalTree(tree, subject)), layers, tree);
}

/** The same bytes of one layer alone, read once. Throws `Superseded` where what it comes to is known only at its end. */
export function writeOneLayer(layer: LayerTar): Bytes {
  return play(new TreeTar(layer.subject), [layer]);
}
