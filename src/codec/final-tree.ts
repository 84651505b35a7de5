import { OciError } from '../errors.ts';
import { contentKey, type FileNode, type Leaf, type Node, type Path, type Tree } from '../tree/node.ts';
import { each, type Parts } from '../tree/parts.ts';
import { shortTextOf } from '../tree/path.ts';
import { eachNode, find } from '../tree/walk.ts';

/** A file and its names in the order of the tree. */
interface Group {
  readonly file: FileNode;
  readonly paths: [Path, ...Path[]];
}

/** What layers come to, while they are read again for the bodies of its files. */
export class FinalTree {
  readonly #tree: Tree;
  readonly #subject: string;
  /** Files whose bodies have not come by. Where one layer is there several times, each time serves one of the files made of it. */
  readonly #waiting = new Map<string, Group[]>();
  readonly #firstNames = new Map<Node, Path>();

  constructor(tree: Tree, subject: string) {
    this.#tree = tree;
    this.#subject = subject;
  }

  /** Looks for the files that bodies are to come for, in parts. Called first. */
  *expect(): Parts<void> {
    const groups = new Map<FileNode, Group>();
    yield* eachNode(this.#tree, (path, node) => {
      if (node.kind !== 'file') return;
      const known = groups.get(node);
      if (known === undefined) groups.set(node, { file: node, paths: [path] });
      else known.paths.push(path);
    });
    yield* each(groups.values(), group => {
      const same = this.#waiting.get(contentKey(group.file));
      if (same === undefined) this.#waiting.set(contentKey(group.file), [group]);
      else same.push(group);
    });
  }

  at(path: Path): Node | undefined {
    return find(this.#tree, path);
  }

  /** The name under which something was written, a file with its body; undefined where that has not come by. */
  firstNameOf(node: Node): Path | undefined {
    return this.#firstNames.get(node);
  }

  /** Something without a body has been written: its further names are hardlinks. */
  writtenAs(node: Leaf, path: Path): void {
    this.#firstNames.set(node, path);
  }

  /** The file that a layer's file lasts as, and its name there: the one at `path` where that is its own. */
  claim(brought: FileNode, path: Path): { readonly file: FileNode; readonly path: Path } | undefined {
    const key = contentKey(brought);
    const groups = this.#waiting.get(key);
    const group = groups?.shift();
    if (groups === undefined || group === undefined) return undefined;
    if (groups.length === 0) this.#waiting.delete(key);
    const name = group.paths.includes(path) ? path : group.paths[0];
    this.#firstNames.set(group.file, name);
    return { file: group.file, path: name };
  }

  /**
   * Visits names that are not among `written`, in the order of the tree; those of what was written with their first names. In
   * parts. Throws `conflict` for a file without a body.
   */
  *rest(written: ReadonlyMap<Path, unknown>, visit: (path: Path, node: Node, first?: Path) => void): Parts<void> {
    const [missing] = this.#waiting.values();
    const lost = missing?.[0]?.paths[0];
    if (lost !== undefined) {
      const message = `expected '${shortTextOf(lost)}' in its layer, got nothing: it changed while it was read`;
      throw new OciError('conflict', this.#subject, message);
    }
    yield* eachNode(this.#tree, (path, node) => {
      if (!written.has(path)) visit(path, node, this.#firstNames.get(node));
    });
  }
}
