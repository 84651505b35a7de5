import type { ByteString, Path, Tree } from '../tree/node.ts';
import { ancestorsOf, joinPath, parentOf } from '../tree/path.ts';
import { find, reachedIn } from '../tree/walk.ts';

/** Where a link's target is by its words alone, from the root. */
function targetOf(path: Path, target: ByteString): Path {
  const place: ByteString[] = [];
  const words = target.startsWith('/') ? target : joinPath(parentOf(path), target);
  for (const word of words.split('/'))
    if (word === '..') place.pop();
    else if (word !== '' && word !== '.') place.push(word);
  return place.join('/');
}

/** What a layer has, as far as it matters to links. */
interface LayerPaths {
  /** Paths below which the layer has something, if only a whiteout. */
  readonly parents: Iterable<Path>;
  readonly paths: () => Iterable<Path>;
  readonly has: (path: Path) => boolean;
  /** Where the last entry of a path is in the layer: a number that grows. */
  readonly placeOf: (path: Path) => number;
  /** The targets of its symbolic links. */
  readonly links: ReadonlyMap<Path, ByteString>;
}

/** Where the last entry below each path is. */
function lastBelow({ paths, placeOf }: LayerPaths): ReadonlyMap<Path, number> {
  const last = new Map<Path, number>();
  for (const path of paths())
    for (const above of ancestorsOf(path)) last.set(above, Math.max(last.get(above) ?? 0, placeOf(path)));
  return last;
}

/** The symbolic links, of a layer or of what lies below it, that lead nowhere and below which the layer has something after them. */
export function* danglingParents(tree: Tree, layer: LayerPaths): Generator<Path> {
  const { parents, has, links, placeOf } = layer;
  const brings = new Set(parents);
  let last: ReadonlyMap<Path, number> | undefined;
  for (const path of brings) {
    const lower = has(path) ? undefined : find(tree, path);
    const target = links.get(path) ?? (lower?.kind === 'symlink' ? lower.target : undefined);
    if (target === undefined) continue;
    const place = targetOf(path, target);
    if (place === '' || has(place) || brings.has(place) || [...ancestorsOf(place)].some(above => links.has(above)))
      continue;
    const reached = reachedIn(tree, place);
    if (reached !== undefined && find(tree, reached) !== undefined) continue;
    last ??= lastBelow(layer);
    const below = last.get(path);
    if (below !== undefined && (!has(path) || below > placeOf(path))) yield path;
  }
}
