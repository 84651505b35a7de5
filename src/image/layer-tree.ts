/** An image as a chain of layers. */
export interface Chain<T> {
  readonly image: T;
  readonly layers: readonly { readonly diffID: string; readonly size: number }[];
}

/** Layers one over the other that the same images have, the images that end with them, and what lies above. */
interface LayerRun<T> {
  readonly diffIDs: readonly string[];
  /** Stored bytes, as the first of the images stores them. */
  readonly size: number;
  readonly images: readonly T[];
  /** How many images have these layers. */
  readonly count: number;
  readonly above: readonly LayerRun<T>[];
}

interface Growing<T> {
  readonly children: Map<string, Growing<T>>;
  readonly images: T[];
  size: number;
  count: number;
}

const emptyPlace = <T>(): Growing<T> => ({ children: new Map(), images: [], size: 0, count: 0 });

/** A place with all above it that has no other way on: one run. Children come in the order in which they were met. */
function runOf<T>(diffID: string, place: Growing<T>): LayerRun<T> {
  const diffIDs = [diffID];
  let { size } = place;
  let last = place;
  for (
    let [only] = last.children;
    only !== undefined && last.children.size === 1 && last.images.length === 0;
    [only] = last.children
  ) {
    diffIDs.push(only[0]);
    last = only[1];
    size += last.size;
  }
  const above = Array.from(last.children, ([next, child]) => runOf(next, child));
  return { diffIDs, size, images: last.images, count: place.count, above };
}

/** Which images share which layers: a tree over diffIDs, the lowest layers first. Images without layers are in none. */
export function layerTree<T>(chains: readonly Chain<T>[]): readonly LayerRun<T>[] {
  const root = emptyPlace<T>();
  for (const { image, layers } of chains) {
    let place = root;
    for (const { diffID, size } of layers) {
      const next = place.children.get(diffID) ?? emptyPlace<T>();
      if (next.count === 0) next.size = size;
      next.count++;
      place.children.set(diffID, next);
      place = next;
    }
    if (place !== root) place.images.push(image);
  }
  return Array.from(root.children, ([diffID, place]) => runOf(diffID, place));
}
