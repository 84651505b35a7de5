import type { Node, Tree } from './node.ts';
import { atOnce, type Parts } from './parts.ts';
import { eachLeaf } from './walk.ts';

/** The nodes of a tree that have names, of all that can have two: to bring one again makes another file. State: whether the tree has been looked through yet. */
export class NamedNodes {
  readonly #tree: Tree;
  #known: Set<Node> | undefined;

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  /** Looks the tree through in parts; undefined where that has been done. What asks without it does so at once. */
  ahead(): Parts<void> | undefined {
    return this.#known === undefined ? this.#looking() : undefined;
  }

  has(node: Node): boolean {
    return this.#all().has(node);
  }

  add(node: Node): void {
    this.#all().add(node);
  }

  *#looking(): Parts<void> {
    const known = new Set<Node>();
    yield* eachLeaf(this.#tree, leaf => void known.add(leaf));
    this.#known = known;
  }

  #all(): Set<Node> {
    if (this.#known === undefined) atOnce(this.#looking());
    return this.#known as unknown as Set<Node>;
  }
}
