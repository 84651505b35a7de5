import { type ByteString, bytesOfEntry, type LayerEntry, type Path } from './node.ts';
import { each, inOrder, type Parts, partCost, partLength } from './parts.ts';
import { joinPath, nameOf, parentOf } from './path.ts';
import type { Stack } from './stack.ts';
import { encodeWhiteout, isReservedName } from './whiteout.ts';

/** A path that several layers have, by dive's count. */
interface RepeatedPath {
  readonly path: Path;
  /** How often layers have it, their whiteouts of it as well. */
  readonly count: number;
  /** Bytes of all of them, that which stays as well. */
  readonly size: number;
}

/** dive's numbers (wagoodman/dive, `filetree/efficiency.go`), bytes as headers in tars have them. */
export interface Efficiency {
  /** The least that each path ever was, of all that it was; 1 where there is nothing. */
  readonly score: number;
  readonly layerSizes: readonly number[];
  /** The largest first. */
  readonly repeated: readonly RepeatedPath[];
}

/** A name as dive has it: whiteouts are nodes, and a directory that only paths imply is not known to be one. */
interface Place {
  readonly children: Map<ByteString, Place>;
  /** The path that its entry is about: of a whiteout what that hides. */
  path: Path;
  isWhiteout: boolean;
  size: number;
  isDirectory: boolean;
}

const emptyPlace = (): Place => ({
  children: new Map(),
  path: '',
  isWhiteout: false,
  size: 0,
  isDirectory: false,
});

/** The place of a name in another, made where it is not there. */
function childOf(place: Place, name: ByteString): Place {
  const known = place.children.get(name);
  if (known !== undefined) return known;
  const child = emptyPlace();
  place.children.set(name, child);
  return child;
}

/** The places below a root by their paths, made with all above them where they are not there: of one directory after another, each is looked for once. */
function placesIn(root: Place): (path: Path) => Place {
  let [directory, place]: [Path, Place] = ['', root];
  return path => {
    const parent = parentOf(path);
    if (parent !== directory) {
      place = parent.split('/').reduce((above, name) => (parent === '' ? root : childOf(above, name)), root);
      directory = parent;
    }
    return childOf(place, nameOf(path));
  };
}

function take(placeAt: (path: Path) => Place, entry: LayerEntry): void {
  // Opaque whiteouts and AUFS's own names count for nothing.
  if (entry.kind === 'opaque' || entry.path === '' || isReservedName(nameOf(entry.path))) return;
  const place = placeAt(entry.kind === 'whiteout' ? encodeWhiteout(entry) : entry.path);
  place.path = entry.path;
  place.isWhiteout = entry.kind === 'whiteout';
  place.size = bytesOfEntry(entry);
  place.isDirectory = entry.kind === 'node' && entry.node.kind === 'directory';
}

function find(root: Place, path: Path): Place | undefined {
  let place: Place | undefined = root;
  for (const name of path.split('/')) place = place?.children.get(name);
  return place;
}

function remove(root: Place, path: Path): void {
  const slash = path.lastIndexOf('/');
  const parent = slash < 0 ? root : find(root, path.slice(0, slash));
  parent?.children.delete(path.slice(slash + 1));
}

function sizeBelow(place: Place): number {
  let size = 0;
  const ahead = [place];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    size += next.size;
    for (const child of next.children.values()) ahead.push(child);
  }
  return size;
}

/** What is below a place and has nothing below itself, in no particular order. */
function* leavesBelow(root: Place): Generator<Place> {
  const ahead = [...root.children.values()];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (next.children.size === 0) yield next;
    for (const child of next.children.values()) ahead.push(child);
  }
}

/** Visits what is below a place, children first, names in order. */
function* eachBelow(root: Place, visit: (path: Path, place: Place) => void): Parts<void> {
  const levels = [{ path: '', place: root, names: yield* inOrder(root.children.keys()), next: 0 }];
  let count = 0;
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const name = level.names[level.next++];
    const place = name === undefined ? undefined : level.place.children.get(name);
    if (name !== undefined && place !== undefined) {
      const path = joinPath(level.path, name);
      levels.push({ path, place, names: yield* inOrder(place.children.keys()), next: 0 });
      continue;
    }
    levels.pop();
    if (level.place !== root) visit(level.path, level.place);
    if (++count % partLength === 0) yield partCost;
  }
}

interface Count {
  count: number;
  size: number;
  least: number;
}

/** Counts over all layers. State: what the layers so far come to, and what each path has been. */
class Counts {
  #stacked = emptyPlace();
  #stackedAt = placesIn(this.#stacked);
  readonly #counts = new Map<Path, Count>();
  readonly layerSizes: number[] = [];

  *add(entries: readonly LayerEntry[]): Parts<void> {
    const layer = emptyPlace();
    const layerAt = placesIn(layer);
    for (const [at, entry] of entries.entries()) {
      take(layerAt, entry);
      if (at % partLength === 0) yield partCost;
    }
    this.layerSizes.push(sizeBelow(layer));
    const hidesNothing = entries.every(({ kind }) => kind !== 'whiteout');
    if (hidesNothing) yield* each(leavesBelow(layer), ({ path, size }) => this.#count(path, size));
    else yield* this.#countInOrder(layer);
    // On nothing a layer stands as it is, and the first is the largest of most images.
    if (hidesNothing && this.#stacked.children.size === 0) this.#restart(layer);
    else yield* eachBelow(layer, (path, place) => this.#stack(path, place));
  }

  /** A whiteout of what is not there ends a layer for dive: it matters what comes before. */
  *#countInOrder(layer: Place): Parts<void> {
    let isOver = false;
    yield* eachBelow(layer, (_, place) => {
      if (isOver || place.children.size > 0) return;
      const size = this.#sizeOf(place);
      if (size === undefined) isOver = true;
      else this.#count(place.path, size);
    });
  }

  #restart(stacked: Place): void {
    this.#stacked = stacked;
    this.#stackedAt = placesIn(stacked);
  }

  #sizeOf({ path, isWhiteout, size }: Place): number | undefined {
    if (!isWhiteout) return size;
    const hidden = find(this.#stacked, path);
    if (hidden === undefined) return this.layerSizes.length === 1 ? 0 : undefined;
    return hidden.isDirectory ? sizeBelow(hidden) : 0;
  }

  #count(path: Path, size: number): void {
    const known = this.#counts.get(path);
    if (known === undefined) this.#counts.set(path, { count: 1, size, least: size });
    else {
      known.count++;
      known.size += size;
      known.least = Math.min(known.least, size);
    }
  }

  #stack(path: Path, { path: about, isWhiteout, size, isDirectory }: Place): void {
    if (!isWhiteout) Object.assign(this.#stackedAt(path), { size, isDirectory });
    else {
      remove(this.#stacked, about);
      this.#restart(this.#stacked);
    }
  }

  result(): Efficiency {
    let [least, all] = [0, 0];
    const repeated: RepeatedPath[] = [];
    for (const [path, count] of this.#counts) {
      least += count.least;
      all += count.size;
      if (count.count > 1) repeated.push({ path, count: count.count, size: count.size });
    }
    repeated.sort((one, other) => other.size - one.size || (one.path < other.path ? -1 : 1));
    return { score: all === 0 ? 1 : least / all, layerSizes: this.layerSizes, repeated };
  }
}

/** How well layers use their bytes, counted as dive counts, with all that is odd about it: docs and CI files know these numbers. */
export function* efficiencyOf(stack: Stack): Parts<Efficiency> {
  const counts = new Counts();
  for (const { entries } of stack) yield* counts.add(entries);
  return counts.result();
}
