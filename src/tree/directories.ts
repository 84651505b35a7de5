import type { ByteString, DirectoryNode, Meta, Node, Path, Tree } from './node.ts';
import { each, type Parts } from './parts.ts';
import { joinPath, nameOf } from './path.ts';

type Children = Map<ByteString, Node>;

/** Names of a directory that are copied in a few milliseconds; what has more is copied in parts. */
const copiedAtOnce = 1 << 13;

/** A directory that the current layer has reached: children that may be written, and which of them the layer brought. */
export interface Directory {
  readonly path: Path;
  readonly parent: Directory | undefined;
  readonly children: Children;
  /** Names that the layer brought, or that lead to one: no whiteout of this layer takes them away. */
  readonly kept: Set<ByteString>;
  /** Nothing of the layers below is left in it. */
  clean: boolean;
}

/** Holds a name, and every directory on the way to it, against the whiteouts of its own layer. */
export function keep(parent: Directory, name: ByteString): void {
  let at: Directory | undefined = parent;
  let kept = name;
  while (at !== undefined && !at.kept.has(kept)) {
    at.kept.add(kept);
    kept = nameOf(at.path);
    at = at.parent;
  }
}

/** The directories of a tree that is being changed: copied on first write, so that the tree below and every tree given out stay as they are. */
export class Directories {
  #root: Tree;
  /** The children maps that no other tree can see. */
  #own = new Map<DirectoryNode['children'], Children>();
  /** Copies that were made ahead, in parts, by what they are copies of. */
  #ready = new Map<DirectoryNode['children'], Children>();
  /** What the current layer reached, by the children. */
  #reached = new Map<DirectoryNode['children'], Directory>();

  constructor(below: Tree) {
    this.#root = below;
  }

  get root(): Tree {
    return this.#root;
  }

  /** From here on, what is there is what the layers below brought. */
  beginLayer(): void {
    this.#reached = new Map();
  }

  /** Gives the tree away: what is written from here on is written to copies. */
  seal(): Tree {
    this.#own = new Map();
    this.#ready = new Map();
    return this.#root;
  }

  /** The large directories on the way to a path that its changing will copy; undefined where there are none. */
  ahead(path: Path): Parts<void> | undefined {
    const large: DirectoryNode[] = [];
    let node: Node | undefined = this.#root;
    const names = path === '' ? [] : path.split('/');
    for (let at = 0; node?.kind === 'directory'; node = node.children.get(names[at++] ?? '')) {
      if (this.#isLarge(node)) large.push(node);
    }
    return large.length === 0 ? undefined : this.#copying(large);
  }

  /** Whether entering a directory would copy many names at once. */
  #isLarge({ children }: DirectoryNode): boolean {
    return children.size > copiedAtOnce && !this.#own.has(children) && !this.#ready.has(children);
  }

  /** Copies a large directory ahead, so that entering it takes no time. */
  copying(node: DirectoryNode): Parts<void> | undefined {
    return this.#isLarge(node) ? this.#copying([node]) : undefined;
  }

  *#copying(nodes: readonly DirectoryNode[]): Parts<void> {
    for (const { children } of nodes) {
      const copy: Children = new Map();
      yield* each(children, ([name, child]) => void copy.set(name, child));
      this.#ready.set(children, copy);
    }
  }

  updateRoot(meta: Meta): void {
    this.#root = { ...this.#root, meta };
  }

  enterRoot(): Directory {
    const directory = this.#directory(this.#root, '', undefined);
    if (directory.children !== this.#root.children) this.#root = { ...this.#root, children: directory.children };
    return directory;
  }

  enter(parent: Directory, name: ByteString, node: DirectoryNode): Directory {
    const directory = this.#directory(node, name, parent);
    if (directory.children !== node.children) parent.children.set(name, { ...node, children: directory.children });
    return directory;
  }

  /** An empty directory of the current layer, for the caller to put in its place. */
  create(parent: Directory, name: ByteString): Directory {
    const children: Children = new Map();
    const directory = { path: joinPath(parent.path, name), parent, children, kept: new Set<ByteString>(), clean: true };
    this.#own.set(children, children);
    this.#reached.set(children, directory);
    return directory;
  }

  #directory(node: DirectoryNode, name: ByteString, parent: Directory | undefined): Directory {
    const known = this.#reached.get(node.children);
    const own = this.#own.get(node.children);
    if (known !== undefined && own !== undefined) return known;
    const children = own ?? this.#ready.get(node.children) ?? new Map(node.children);
    this.#ready.delete(node.children);
    const path = parent === undefined ? '' : joinPath(parent.path, name);
    const directory = {
      path,
      parent,
      children,
      kept: known?.kept ?? new Set<ByteString>(),
      clean: known?.clean ?? false,
    };
    this.#own.set(children, children);
    this.#reached.set(children, directory);
    return directory;
  }
}
