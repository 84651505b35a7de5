import { OciError } from '../errors.ts';
import { Draft } from './draft.ts';
import { type Names, namesIn } from './names.ts';
import { emptyTree, impliedMeta, type LayerEntry, type Leaf, type Node, type Path, type Tree } from './node.ts';
import type { Operation } from './operation.ts';
import type { Parts } from './parts.ts';
import { joinPath, nameOf, parentOf } from './path.ts';
import { find, reachedIn } from './walk.ts';

/** Applying an entry takes about as long as hashing so many bytes. */
const entryCost = 1 << 10;

/** A hardlink of a layer, 0 for the lowest, to a file that only a dropped layer had. */
interface BrokenLink {
  readonly layer: number;
  readonly path: Path;
  readonly target: Path;
}

/** What layers come to without some of them. */
export interface Remaining {
  /** After each layer, before them the empty tree; a dropped layer changes nothing. */
  readonly trees: readonly Tree[];
  readonly broken: readonly BrokenLink[];
  /** Directories that only a dropped layer described: they are there as an upper layer implies them. */
  readonly implied: readonly { readonly layer: number; readonly path: Path }[];
  /** Layers that have to be written anew for what they take over. */
  readonly rewritten: ReadonlySet<number>;
}

interface Options {
  readonly dropped: ReadonlySet<number>;
  /** The trees of all layers, as `Remaining` has them. */
  readonly trees: readonly Tree[];
  /** Upper layers take over what they need of a dropped one: the files they link to, the attributes of directories they reach into. */
  readonly materialize: boolean;
  readonly subject: string;
}

/** State: what is left of a stack of layers, from below. */
class Rest {
  readonly #options: Options;
  readonly #draft: Draft;
  /** What has which names, from the first broken link on. */
  #names: Names | undefined;
  /** Copies of files of dropped layers, by the files. */
  readonly #taken = new Map<Node, Node>();
  /** What the layer that is applied brings itself. */
  #own: ReadonlySet<Node> = new Set();
  readonly broken: BrokenLink[] = [];
  readonly implied: { layer: number; path: Path }[] = [];
  readonly rewritten = new Set<number>();

  constructor(options: Options) {
    this.#options = options;
    this.#draft = new Draft(emptyTree(), options.subject);
  }

  tree(): Tree {
    return this.#draft.tree();
  }

  /** Applies a layer, 0 for the lowest. */
  *apply(layer: number, entries: readonly LayerEntry[]): Parts<void> {
    this.#draft.beginLayer();
    this.#own = new Set(entries.flatMap(entry => (entry.kind === 'node' ? [entry.node] : [])));
    for (const entry of entries) {
      yield* this.#entry(layer, entry);
      yield entryCost;
    }
  }

  *#entry(layer: number, entry: LayerEntry): Parts<void> {
    try {
      yield* this.#draft.applying(entry, operations => void this.#seen(layer, operations)) ?? [];
    } catch (error) {
      // The layer could be applied to what was below it: what is not there now was dropped.
      if (!(error instanceof OciError) || entry.kind !== 'hardlink') throw error;
      yield* this.#link(layer, entry);
    }
  }

  #seen(layer: number, operations: readonly Operation[]): void {
    for (const operation of operations) {
      this.#names?.see(operation);
      if (operation.kind !== 'create') continue;
      const { path, node } = operation;
      if (node.kind === 'directory' && node.meta === impliedMeta) this.#implied(layer, path);
    }
  }

  #implied(layer: number, path: Path): void {
    const was = find(this.#options.trees[layer + 1] as Tree, path);
    if (was?.kind !== 'directory' || was.meta === impliedMeta) return;
    this.implied.push({ layer, path });
    if (!this.#options.materialize) return;
    this.rewritten.add(layer);
    this.#draft.apply({ kind: 'node', path, node: { kind: 'directory', meta: was.meta, children: new Map() } });
  }

  *#link(layer: number, entry: LayerEntry & { readonly kind: 'hardlink' }): Parts<void> {
    const { path, target } = entry;
    this.broken.push({ layer, path, target });
    if (!this.#options.materialize) return;
    this.rewritten.add(layer);
    const tree = this.#options.trees[layer + 1] as Tree;
    const above = reachedIn(tree, parentOf(path));
    const node = above === undefined ? undefined : find(tree, joinPath(above, nameOf(path)));
    // The layer itself has put something else there, or a loop of symbolic links on the way.
    if (node === undefined || node.kind === 'directory' || this.#own.has(node)) return;
    this.#names ??= yield* namesIn(this.#draft.tree());
    const name = this.#names.of(node, this.#draft.tree()) ?? this.#nameOfCopy(node, this.#names);
    const taken: LayerEntry =
      name === undefined ? { kind: 'node', path, node } : { kind: 'hardlink', path, target: name };
    for (const operation of this.#draft.apply(taken)) {
      if (operation.kind === 'create' && operation.node.kind !== 'directory') this.#taken.set(node, operation.node);
      this.#seen(layer, [operation]);
    }
  }

  #nameOfCopy(node: Leaf, names: Names): Path | undefined {
    const copy = this.#taken.get(node);
    return copy && names.of(copy, this.#draft.tree());
  }
}

/**
 * What layers come to without the dropped ones: upper layers apply to what is left. A link to a file that is gone is broken, and not
 * made; with `materialize` the layer takes the file over. Yields after each entry, for who paces it.
 */
export function* withoutLayers(layers: readonly (readonly LayerEntry[])[], options: Options): Parts<Remaining> {
  const rest = new Rest(options);
  const trees = [rest.tree()];
  for (const [layer, entries] of layers.entries()) {
    if (!options.dropped.has(layer)) yield* rest.apply(layer, entries);
    trees.push(rest.tree());
  }
  const { broken, implied, rewritten } = rest;
  return { trees, broken, implied, rewritten };
}
