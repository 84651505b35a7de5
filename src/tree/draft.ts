import { invalid } from '../errors.ts';
import { nameLimit } from '../limits.ts';
import { Directories, type Directory, keep } from './directories.ts';
import { badLink, badRoot } from './draft-errors.ts';
import { MadeCount, type Most } from './made-count.ts';
import { NamedNodes } from './named-nodes.ts';
import {
  type ByteString,
  type DirectoryNode,
  impliedMeta,
  type LayerEntry,
  type Meta,
  type Node,
  type Path,
  type Tree,
} from './node.ts';
import type { Operation } from './operation.ts';
import { atOnce, each, type Parts } from './parts.ts';
import { joinPath, nameOf, nameTooLong, parentOf } from './path.ts';
import { find, resolvePath } from './walk.ts';

/** Who is told of what has been done, and may have to do something of it in parts. */
type Seen = (operations: readonly Operation[]) => Iterable<number> | undefined;

/**
 * A root filesystem that layers are applied to, one entry at a time: the one interpreter of whiteouts (image-spec
 * layer.md, "Applying Changesets"). Whiteouts hide only what lower layers brought, wherever in the layer they stand;
 * symbolic links before the last name are followed inside the root; what is in the way of a directory is replaced by it.
 * The tree below is never changed; what no layer reaches is shared with it.
 */
export class Draft {
  readonly #subject: string;
  readonly #directories: Directories;
  /** Where parents led the last time, symbolic links followed. */
  readonly #parents = new Map<Path, Directory>();
  readonly #named: NamedNodes;
  readonly #made: MadeCount;
  #operations: Operation[] = [];

  constructor(below: Tree, subject: string, most?: Most) {
    this.#made = new MadeCount(subject, most);
    this.#named = new NamedNodes(below);
    this.#directories = new Directories(below);
    this.#subject = subject;
  }

  /** From here on, what is there is what the layers below brought. */
  beginLayer(): void {
    this.#directories.beginLayer();
    this.#parents.clear();
  }

  /** The root filesystem as of now; later entries do not change it. */
  tree(): Tree {
    this.#parents.clear();
    return this.#directories.seal();
  }

  /**
   * Applies one entry and says what it does.
   *
   * @throws `invalid` for a root that is no directory, a hardlink whose target is not there or is a directory, a name
   * longer than 255 bytes, more nodes than `nodeLimit`, and more symbolic links than can be followed.
   */
  apply(entry: LayerEntry): readonly Operation[] {
    const hidden = this.#begin(entry);
    if (hidden !== undefined) atOnce(this.#hiding(hidden));
    return this.#operations;
  }

  /** The same; what takes long, as a whiteout of a million names, is given back to be done in parts. `seen` is told what has been done. */
  applying(entry: LayerEntry, seen: Seen = () => undefined): Iterable<number> | undefined {
    const ahead = this.#ahead(entry);
    if (ahead !== undefined) return this.#applyingAfter(ahead, entry, seen);
    const hidden = this.#begin(entry);
    return hidden === undefined ? seen(this.#operations) : this.#inParts(hidden, seen);
  }

  *#applyingAfter(ahead: Parts<void>, entry: LayerEntry, seen: Seen): Parts<void> {
    yield* ahead;
    yield* this.applying(entry, seen) ?? [];
  }

  /** What takes long and comes before an entry: a look through the tree below, copies of large directories on its way. Undefined where nothing does. */
  #ahead(entry: LayerEntry): Parts<void> | undefined {
    const isNamed = entry.kind === 'hardlink' || (entry.kind === 'node' && entry.node.kind !== 'directory');
    const looking = isNamed ? this.#named.ahead() : undefined;
    if (looking !== undefined) return looking;
    const written = entry.kind === 'opaque' ? entry.path : parentOf(entry.path);
    if (this.#parents.has(written)) return undefined;
    const above = written === '' ? undefined : this.#parents.get(parentOf(written));
    const node = above?.children.get(nameOf(written));
    if (node?.kind === 'directory') return this.#directories.copying(node);
    return this.#directories.ahead(this.#resolve(written));
  }

  *#inParts(hidden: Path, seen: Seen): Parts<void> {
    for (const cost of this.#hiding(hidden)) {
      yield* seen(this.#operations) ?? [];
      this.#operations = [];
      yield cost;
    }
    yield* seen(this.#operations) ?? [];
  }

  /** Applies an entry, but for what it hides in a directory, which is the answer. */
  #begin(entry: LayerEntry): Path | undefined {
    this.#operations = [];
    if (entry.kind === 'opaque') return this.#resolve(entry.path);
    if (entry.kind === 'whiteout') return this.#hide(entry.path);
    if (entry.kind === 'hardlink') this.#link(entry.path, entry.target);
    else if (entry.path === '') this.#updateRoot(entry.node);
    else this.#place(entry.path, entry.node);
    return undefined;
  }

  #place(path: Path, node: Node): void {
    const parent = this.#parentOf(path);
    const name = nameOf(path);
    const existing = parent.children.get(name);
    if (node.kind !== 'directory') this.#create(parent, name, this.#named.has(node) ? { ...node } : node);
    else if (existing?.kind !== 'directory') this.#createDirectory(parent, name, node.meta);
    else {
      parent.children.set(name, { ...existing, meta: node.meta });
      keep(parent, name);
      this.#operations.push({ kind: 'update', path: joinPath(parent.path, name), node });
    }
  }

  #updateRoot(node: Node): void {
    if (node.kind !== 'directory') throw badRoot(this.#subject, node.kind);
    this.#directories.updateRoot(node.meta);
    this.#operations.push({ kind: 'update', path: '', node });
  }

  #link(path: Path, target: Path): void {
    if (path === '') throw badRoot(this.#subject, 'hardlink');
    const to = joinPath(this.#resolve(parentOf(target)), nameOf(target));
    const node = find(this.#directories.root, to);
    // Before anything is made on the way: what cannot be linked to leaves all as it was.
    if (node === undefined || node.kind === 'directory') throw badLink(this.#subject, { path, target, found: node });
    const [parent, name] = [this.#parentOf(path), nameOf(path)];
    this.#named.add(node);
    if (parent.children.get(name) === node) {
      keep(parent, name);
      return;
    }
    this.#clear(parent, name);
    const found = find(this.#directories.root, to);
    if (found !== node) throw badLink(this.#subject, { path, target, found });
    this.#put(parent, name, node);
    this.#operations.push({ kind: 'link', path: joinPath(parent.path, name), target: to });
  }

  /** Removes a path; where the layer brought it, all below it that the layer did not bring, which is the answer. */
  #hide(path: Path): Path | undefined {
    if (path === '') throw invalid(this.#subject, 'a whiteout of a path', 'one of the root');
    const [name, holder] = [nameOf(path), this.#resolve(parentOf(path))];
    const at = joinPath(holder, name);
    if (find(this.#directories.root, at) === undefined) return undefined;
    const parent = this.#reach(holder);
    if (parent.kept.has(name)) return at;
    this.#clear(parent, name);
    return undefined;
  }

  /** Removes what lower layers brought from a directory; anything else it leaves. */
  *#hiding(path: Path): Parts<void> {
    if (find(this.#directories.root, path)?.kind !== 'directory') return;
    const left = [this.#reach(path)];
    for (let directory = left.pop(); directory !== undefined; directory = left.pop()) {
      if (directory.clean) continue;
      directory.clean = true;
      const { children, kept } = directory;
      const within: (readonly [ByteString, DirectoryNode])[] = [];
      yield* each(children, ([name, node]) => {
        if (!kept.has(name)) this.#clear(directory, name);
        else if (node.kind === 'directory') within.push([name, node]);
      });
      for (const [name, node] of within) {
        yield* this.#directories.copying(node) ?? [];
        left.push(this.#directories.enter(directory, name, node));
      }
    }
  }

  #resolve(path: Path): Path {
    return resolvePath(this.#directories.root, path, this.#subject);
  }

  /** The directory that holds `path`, links followed, made where it is missing. */
  #parentOf(path: Path): Directory {
    const written = parentOf(path);
    const known = this.#parents.get(written);
    if (known !== undefined) return known;
    const parent = this.#step(written) ?? this.#reach(this.#resolve(written));
    this.#parents.set(written, parent);
    return parent;
  }

  /** The short way for one who goes deeper and deeper: a directory in one that was a parent before. */
  #step(written: Path): Directory | undefined {
    const above = written === '' ? undefined : this.#parents.get(parentOf(written));
    const node = above?.children.get(nameOf(written));
    if (above === undefined || node?.kind !== 'directory') return undefined;
    return this.#directories.enter(above, nameOf(written), node);
  }

  /** The directory at a path without links: what is missing is made, what is no directory is replaced. */
  #reach(path: Path): Directory {
    let directory = this.#directories.enterRoot();
    if (path === '') return directory;
    for (const name of path.split('/')) {
      const node = directory.children.get(name);
      directory =
        node?.kind === 'directory'
          ? this.#directories.enter(directory, name, node)
          : this.#createDirectory(directory, name, impliedMeta);
    }
    return directory;
  }

  #createDirectory(parent: Directory, name: ByteString, meta: Meta): Directory {
    const directory = this.#directories.create(parent, name);
    this.#create(parent, name, { kind: 'directory', meta, children: directory.children });
    return directory;
  }

  #create(parent: Directory, name: ByteString, node: Node): void {
    this.#made.add(node, parent.path.length + name.length);
    this.#clear(parent, name);
    this.#put(parent, name, node);
    this.#operations.push({ kind: 'create', path: joinPath(parent.path, name), node });
  }

  #put(parent: Directory, name: ByteString, node: Node): void {
    if (name.length > nameLimit) throw nameTooLong(this.#subject, name);
    if (node.kind === 'symlink') this.#parents.clear();
    parent.children.set(name, node);
    keep(parent, name);
  }

  #clear(parent: Directory, name: ByteString): void {
    const existing = parent.children.get(name);
    if (existing === undefined) return;
    if (existing.kind === 'directory' || existing.kind === 'symlink') this.#parents.clear();
    parent.children.delete(name);
    this.#operations.push({ kind: 'remove', path: joinPath(parent.path, name) });
  }
}
