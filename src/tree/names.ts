import type { Node, Path, Tree } from './node.ts';
import type { Operation } from './operation.ts';
import { each, type Parts } from './parts.ts';
import { find, leavesOf } from './walk.ts';

/** The names of the files of a tree that changes. State: all that they have had, since what is removed with a directory is not told by name. */
export class Names {
  readonly #byFile = new Map<Node, Path[]>();
  readonly #byPath = new Map<Path, Node>();

  add(path: Path, file: Node): void {
    const names = this.#byFile.get(file);
    if (names === undefined) this.#byFile.set(file, [path]);
    else names.push(path);
    this.#byPath.set(path, file);
  }

  /** Learns of what was done to the tree. */
  see(operation: Operation): void {
    if (operation.kind === 'create' && operation.node.kind !== 'directory') this.add(operation.path, operation.node);
    const file = operation.kind === 'link' ? this.#byPath.get(operation.target) : undefined;
    if (file !== undefined) this.add(operation.path, file);
  }

  /** A name that a file has in the tree as it is now. */
  of(file: Node, tree: Tree): Path | undefined {
    const names = this.#byFile.get(file) ?? [];
    for (let name = names.at(-1); name !== undefined; name = names.at(-1)) {
      if (find(tree, name) === file) return name;
      names.pop();
    }
    return undefined;
  }
}

/** Those of a tree, in parts. */
export function* namesIn(tree: Tree): Parts<Names> {
  const names = new Names();
  yield* each(leavesOf(tree), ([path, file]) => names.add(path, file));
  return names;
}
