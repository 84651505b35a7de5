import type { Layer } from '../spec/objects.ts';
import { Pace } from '../stream/pace.ts';
import type { LayerEntry, Node, Path, Tree } from '../tree/node.ts';
import type { Operation } from '../tree/operation.ts';
import type { Parts } from '../tree/parts.ts';
import { ancestorsOf, joinPath, nameOf, parentOf } from '../tree/path.ts';
import { eachNode, find, reachedIn } from '../tree/walk.ts';
import type { ImageSource } from './source.ts';
import { readTreeStack } from './tree-stack.ts';

/** What has to go so that nothing of some paths is in any layer. */
export interface StripPlan {
  /** The merged trees after each layer, before them the empty one. */
  readonly trees: readonly Tree[];
  /** Positions of the layers that hold something of it. */
  readonly layers: ReadonlySet<number>;
  /** The paths themselves, symbolic links before their last names followed. */
  readonly paths: ReadonlySet<Path>;
  /** Further names of files that go. */
  readonly links: ReadonlySet<Path>;
  /** All that goes, but directories. */
  readonly nodes: ReadonlySet<Node>;
  /** Paths that were asked for and are in no layer. */
  readonly missing: readonly Path[];
}

/** A hardlink in a layer, symbolic links before the last names followed where it does something. */
interface Link {
  readonly layer: number;
  readonly path: Path;
  readonly target: Path;
}

/** Which of these a path is, or is below. */
function overOf(paths: ReadonlySet<Path>, path: Path): Path | undefined {
  if (paths.has(path)) return path;
  for (const above of ancestorsOf(path)) if (paths.has(above)) return above;
  return undefined;
}

const isUnder = (paths: ReadonlySet<Path>, path: Path): boolean => overOf(paths, path) !== undefined;

/** State: what layers say of some paths, as they are read. */
class Holders {
  readonly #paths: ReadonlySet<Path>;
  readonly layers = new Set<number>();
  readonly links: Link[] = [];
  /** The paths that some entry brings, or something below them; the layer itself may have replaced it again. */
  readonly brought = new Set<Path>();
  /** What entries bring there, but directories. */
  readonly nodes = new Set<Node>();
  /** Where entries that are spelled as one of the paths led, through symbolic links that the layer itself may have replaced again. */
  readonly led = new Set<Path>();

  constructor(paths: ReadonlySet<Path>) {
    this.#paths = paths;
  }

  seen(layer: number, entry: LayerEntry, operations: readonly Operation[]): void {
    for (const operation of operations) {
      if (operation.kind === 'link') this.links.push({ layer, path: operation.path, target: operation.target });
      if (operation.kind !== 'remove') this.#bring(layer, operation);
      if (operation.kind === 'link') this.#hold(layer, operation.target);
    }
    this.#hold(layer, entry.path);
    this.#lead(entry, operations.at(-1));
    if (entry.kind === 'hardlink') this.#hold(layer, entry.target);
    // A link to what its name is already does nothing, and needs what it names.
    if (entry.kind === 'hardlink' && operations.length === 0)
      this.links.push({ layer, path: entry.path, target: entry.target });
    // A whiteout says a name, and through a symbolic link another.
    if (entry.kind === 'whiteout') for (const { path } of operations) this.#hold(layer, path);
  }

  #lead({ path }: LayerEntry, made: Operation | undefined): void {
    if (made === undefined || made.kind === 'remove' || !this.#paths.has(path)) return;
    this.brought.add(path);
    this.led.add(made.path);
  }

  #bring(layer: number, operation: Exclude<Operation, { readonly kind: 'remove' }>): void {
    const over = overOf(this.#paths, operation.path);
    if (over === undefined) return;
    this.layers.add(layer);
    this.brought.add(over);
    if (operation.kind === 'create' && operation.node.kind !== 'directory') this.nodes.add(operation.node);
  }

  #hold(layer: number, path: Path): void {
    if (isUnder(this.#paths, path)) this.layers.add(layer);
  }
}

/** Where a path leads, its last name not followed: through a loop of symbolic links nowhere but as it is spelled. */
function leadsTo(tree: Tree, path: Path): Path {
  const above = reachedIn(tree, parentOf(path));
  return above === undefined ? path : joinPath(above, nameOf(path));
}

/** Where paths lead in each of these trees. */
function resolved(paths: ReadonlySet<Path>, trees: readonly Tree[]): ReadonlySet<Path> {
  const found = new Set(paths);
  for (const tree of trees) for (const path of paths) found.add(leadsTo(tree, path));
  return found;
}

/** Everything but directories at these paths and below them, in any of these trees. */
function* nodesAt(paths: ReadonlySet<Path>, trees: readonly Tree[]): Parts<ReadonlySet<Node>> {
  const nodes = new Set<Node>();
  for (const tree of trees)
    for (const path of paths) {
      const node = find(tree, path);
      if (node?.kind === 'directory') yield* eachNode(node, (_, below) => void nodes.add(below));
      else if (node !== undefined) nodes.add(node);
    }
  return nodes;
}

/** Names that links give to what is at these paths, in turn. */
function namesOf(paths: ReadonlySet<Path>, links: readonly Link[]): ReadonlySet<Path> {
  const names = new Set<Path>();
  const has = (path: Path): boolean => names.has(path) || isUnder(paths, path);
  for (let known = -1; known !== names.size; ) {
    known = names.size;
    for (const { path, target } of links)
      if (has(path) || has(target)) for (const name of [path, target]) if (!isUnder(paths, name)) names.add(name);
  }
  return names;
}

/** What a name is in the tree at a position: before the layer of the same number, after the one before it. */
function nodeAt(trees: readonly Tree[], position: number, name: Path): Node | undefined {
  const tree = trees[position];
  return tree === undefined ? undefined : find(tree, name);
}

/** Layers that gave one of these names to something that goes, or took it away again. */
function layersNaming(names: ReadonlySet<Path>, nodes: ReadonlySet<Node>, trees: readonly Tree[]): readonly number[] {
  return trees.slice(1).flatMap((tree, layer) => {
    const isNamed = [...names].some(name => {
      const [was, is] = [nodeAt(trees, layer, name), find(tree, name)];
      if (was === is) return false;
      const isGone = is === undefined && find(tree, parentOf(name))?.kind === 'directory';
      return (is !== undefined && nodes.has(is)) || (isGone && was !== undefined && nodes.has(was));
    });
    return isNamed ? [layer] : [];
  });
}

/** Layers that link to a name of what goes, though they may have replaced the link again. */
function layersLinking(
  links: readonly Link[],
  trees: readonly Tree[],
  goes: (tree: Tree, name: Path) => boolean,
): readonly number[] {
  return links.flatMap(({ layer, target }) => {
    const tree = trees[layer];
    return tree !== undefined && goes(tree, leadsTo(tree, target)) ? [layer] : [];
  });
}

/**
 * Finds what layers hold of some paths: entries of them and below them, whiteouts of them, and, unless links are kept, every other
 * name of the same files. A path counts as it is spelled and where it leads through symbolic links in any layer. Each layer is
 * read, once more only where links lead elsewhere.
 */
export async function planStrip(
  source: ImageSource,
  layers: readonly Layer[],
  { paths: asked, keepLinks }: { readonly paths: ReadonlySet<Path>; readonly keepLinks: boolean },
): Promise<StripPlan> {
  let paths = asked;
  let holders = new Holders(paths);
  let trees = await readTreeStack(source, layers, (...told) => holders.seen(...told));
  const reached = (): ReadonlySet<Path> => resolved(new Set([...paths, ...holders.led]), trees);
  for (let all = reached(); all.size > paths.size; all = reached()) {
    paths = all;
    holders = new Holders(paths);
    trees = await readTreeStack(source, layers, (...told) => holders.seen(...told));
  }
  const nodes = await new Pace(source.work?.signal).run(nodesAt(paths, trees));
  const leaves = new Set([...nodes, ...holders.nodes].filter(({ kind }) => kind !== 'directory'));
  const names = keepLinks ? new Set<Path>() : namesOf(paths, holders.links);
  const links = new Set([...names].filter(name => trees.some(tree => leaves.has(find(tree, name) as Node))));
  const goes = (tree: Tree, name: Path): boolean => links.has(name) && leaves.has(find(tree, name) as Node);
  const isThere = (path: Path): boolean =>
    [...resolved(new Set([path]), trees)].some(
      one => holders.brought.has(one) || trees.some(tree => find(tree, one) !== undefined),
    );
  return {
    trees,
    layers: new Set([
      ...holders.layers,
      ...layersNaming(links, leaves, trees),
      ...layersLinking(holders.links, trees, goes),
    ]),
    paths,
    links,
    nodes: leaves,
    missing: [...asked].filter(path => !isThere(path)),
  };
}

/** A tree without all that goes. */
export function goneFrom(tree: Tree, { paths, links, nodes }: StripPlan): readonly LayerEntry[] {
  const gone = [...paths].filter(path => find(tree, path) !== undefined);
  const named = [...links].filter(name => nodes.has(find(tree, name) as Node));
  return [...gone, ...named].map(path => ({ kind: 'whiteout', path }));
}
