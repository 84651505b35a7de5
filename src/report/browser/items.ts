import type { ImagePage } from '../page-data.ts';
import { childrenOf, type Files, totalsOf } from './decode.ts';
import { some } from './format.ts';
import type { Item } from './layout.ts';

const bySize = (one: Item, other: Item): number => other.size - one.size;

/** The layer that made most of what lies below a node. */
function mainLayer(files: Files, node: number, own: (node: number) => number): number {
  const bytes = new Map<number, number>();
  for (let at = node; at < (files.shape.end[node] ?? 0); at++) {
    const layer = files.layer[at] ?? 0;
    bytes.set(layer, (bytes.get(layer) ?? 0) + own(at));
  }
  return [...bytes].reduce((most, one) => (one[1] > most[1] ? one : most), [0, 0])[0];
}

/** A directory or a file as an item of a map, where only some bytes count. */
function nodeItem(files: Files, at: number, count: Counted): Item {
  const { shape } = files;
  const countedIn = (node: number): readonly number[] =>
    childrenOf(shape, node).filter(child => (count.totals[child] ?? 0) > 0);
  // What has nothing in it but one directory is one with it.
  let [node, name, inner] = [at, at === 0 ? '/' : (shape.names[at] ?? ''), countedIn(at)];
  for (let [only] = inner; at > 0 && inner.length === 1 && only !== undefined; [only] = inner) {
    if ((shape.end[only] ?? 0) === only + 1) break;
    [node, name, inner] = [only, `${name}/${shape.names[only]}`, countedIn(only)];
  }
  const parts = (): readonly Item[] => inner.map(child => nodeItem(files, child, count)).sort(bySize);
  const isDirectory = (shape.end[node] ?? 0) > node + 1;
  return {
    name,
    size: count.totals[node] ?? 0,
    layer: mainLayer(files, node, count.own),
    ...(isDirectory ? { parts } : { open: () => count.reveal(node) }),
  };
}

interface Counted {
  readonly own: (node: number) => number;
  readonly totals: Float64Array;
  readonly reveal: (node: number) => void;
}

/** What a map may be grouped by. */
export interface Groupings {
  readonly directory: Item;
  readonly layer: Item;
  readonly package: Item;
  readonly hidden: Item;
}

function filtered(files: Files, reveal: (node: number) => void, counts: (node: number) => boolean): Item {
  const own = (node: number): number => (counts(node) ? (files.size[node] ?? 0) : 0);
  return nodeItem(files, 0, { own, totals: totalsOf(files.shape, own), reveal });
}

/** Items with their parts made when they are asked for. */
function lazily(item: Item, make: () => Item): Item {
  return { ...item, parts: () => make().parts?.() ?? [] };
}

function layerItems(page: ImagePage, files: Files, reveal: (node: number) => void): readonly Item[] {
  const items = page.layers.map(({ visible, hidden }, at): Item => {
    const item = {
      name: `#${at + 1}`,
      size: visible,
      layer: at + 1,
      note: hidden > 0 ? 'and hidden bytes' : 'nothing hidden',
    };
    return lazily(item, () => filtered(files, reveal, node => files.layer[node] === at + 1));
  });
  return items.filter(({ size }) => size > 0).sort(bySize);
}

function packageItems(page: ImagePage, files: Files, reveal: (node: number) => void): readonly Item[] {
  const owned = (number: number) => () => filtered(files, reveal, node => files.package[node] === number);
  const items = page.packages.map(
    ([type, name, version, , layer, size], at): Item =>
      lazily({ name, size, layer, note: `${type} ${version}` }, owned(at + 1)),
  );
  const rest = (files.total[0] ?? 0) - items.reduce((sum, { size }) => sum + size, 0);
  const none = lazily({ name: 'no package', size: rest, layer: 0 }, owned(0));
  return [...items, none].filter(({ size }) => size > 0).sort(bySize);
}

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly items: Item[];
}

function folderItem(name: string, { folders, items }: Folder): Item {
  const parts = [...Array.from(folders, ([inner, folder]) => folderItem(inner, folder)), ...items].sort(bySize);
  const layers = new Set(parts.map(({ layer }) => layer));
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  return { name, size, layer: layers.size === 1 ? (parts[0]?.layer ?? 0) : 0, parts: () => parts };
}

function hiddenItem({ waste }: ImagePage): Item {
  const root: Folder = { folders: new Map(), items: [] };
  for (const [path, size, copies, how, layers, by] of waste.rows) {
    const names = path.split('/').slice(1);
    const name = names.pop() ?? '';
    let folder = root;
    for (const inner of names) {
      const known = folder.folders.get(inner) ?? { folders: new Map(), items: [] };
      folder.folders.set(inner, known);
      folder = known;
    }
    const note = `${how} by layer ${by.join(', ')}${copies > 1 ? `, ${some(copies, 'copy', 'copies')}` : ''}`;
    folder.items.push({ name, size, layer: layers.length === 1 ? (layers[0] ?? 0) : 0, note });
  }
  if (waste.more > 0) root.items.push({ name: `${waste.more} smaller ones`, size: waste.moreBytes, layer: 0 });
  return folderItem('hidden', root);
}

/** An image's bytes in the ways in which a map shows them. */
export function groupingsOf(page: ImagePage, files: Files, reveal: (node: number) => void): Groupings {
  const size = files.total[0] ?? 0;
  const layers = layerItems(page, files, reveal);
  const packages = packageItems(page, files, reveal);
  return {
    directory: filtered(files, reveal, () => true),
    layer: { name: 'layers', size, layer: 0, parts: () => layers },
    package: { name: 'packages', size, layer: 0, parts: () => packages },
    hidden: hiddenItem(page),
  };
}
