import type { Package } from '../packages/package.ts';
import { readGently } from '../packages/scan.ts';
import type { PackagePlace } from '../packages/search.ts';
import { contentKey, type FileNode, type Path } from '../tree/node.ts';
import type { Parts } from '../tree/parts.ts';
import type { Stack } from '../tree/stack.ts';
import { find } from '../tree/walk.ts';

/** What a database was in some layers: its own contents, and those of its journal. */
interface State {
  readonly place: PackagePlace;
  readonly files: ReadonlyMap<Path, FileNode>;
}

/** One package of a database: the same in another layer. */
const keyOf = ({ type, name, version, architecture }: Package): string =>
  [type, name, version, architecture ?? ''].join('\0');

function stateIn(stack: Stack, layer: number, place: PackagePlace): State {
  const { reader, path } = place;
  const files = new Map<Path, FileNode>();
  const tree = stack[layer]?.tree;
  for (const at of [path, ...(reader.journalOf === undefined ? [] : [reader.journalOf(path)])]) {
    const node = tree === undefined ? undefined : find(tree, at);
    if (node?.kind === 'file' && node.size <= reader.limit) files.set(at, node);
  }
  return { place, files };
}

const stateKey = ({ place, files }: State): string =>
  [place.path, ...Array.from(files.values(), contentKey)].join('\0');

/**
 * The layer that brought each package of a database: the lowest from which on the database has had it without a gap. State: what it
 * was in the layers is read as the contents come by, and what it said is kept.
 */
export class PackageLayers {
  readonly #subject: string;
  /** What each database was in each layer but the last, which has what is found. */
  readonly #states = new Map<Path, readonly State[]>();
  readonly #ahead = new Map<string, State>();
  readonly #said = new Map<string, ReadonlySet<string>>();
  readonly #bodies = new Map<string, Uint8Array>();

  constructor(stack: Stack, places: readonly PackagePlace[], subject: string) {
    this.#subject = subject;
    for (const place of places.filter(({ reader }) => reader.kind === 'database')) {
      const states = stack.slice(0, -1).map((_, layer) => stateIn(stack, layer, place));
      this.#states.set(place.path, states);
      for (const state of states) if (state.files.has(place.path)) this.#ahead.set(stateKey(state), state);
    }
  }

  /** The files whose contents are wanted, each with its path. */
  get wanted(): ReadonlyMap<FileNode, Path> {
    const wanted = new Map<FileNode, Path>();
    for (const { files } of this.#ahead.values()) for (const [path, node] of files) wanted.set(node, path);
    return wanted;
  }

  /** Takes the contents of one of them, and reads what is whole by now. */
  *take(node: FileNode, bytes: Uint8Array): Parts<void> {
    const key = contentKey(node);
    const isOf = ({ files }: State): boolean => [...files.values()].some(file => contentKey(file) === key);
    const waiting = [...this.#ahead].filter(([, state]) => isOf(state));
    if (waiting.length > 0) this.#bodies.set(key, bytes);
    for (const [name, state] of waiting) {
      if (![...state.files.values()].every(file => this.#bodies.has(contentKey(file)))) continue;
      this.#said.set(name, yield* this.#read(state));
      this.#ahead.delete(name);
    }
    if (![...this.#ahead.values()].some(isOf)) this.#bodies.delete(key);
  }

  *#read({ place, files }: State): Parts<ReadonlySet<string>> {
    const bodyAt = (path: Path): Uint8Array | undefined => {
      const node = files.get(path);
      return node === undefined ? undefined : this.#bodies.get(contentKey(node));
    };
    const journal = place.reader.journalOf?.(place.known);
    const context = {
      subject: this.#subject,
      file: (path: Path) => (path === journal ? bodyAt(place.reader.journalOf?.(place.path) ?? '') : undefined),
      warn: () => undefined,
    };
    const found = yield* readGently(place, bodyAt(place.path) ?? new Uint8Array(0), context);
    return new Set(found.map(keyOf));
  }

  /** The layer that brought a package, from 0; undefined where its database is none of these. */
  layerOf(found: Package): number | undefined {
    const states = this.#states.get(found.path);
    if (states === undefined) return undefined;
    const key = keyOf(found);
    let layer = states.length;
    while (layer > 0 && this.#said.get(stateKey(states[layer - 1] as State))?.has(key) === true) layer--;
    return layer;
  }
}
