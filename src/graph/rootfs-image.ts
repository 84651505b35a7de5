import { blobsOf } from '../image/layers.ts';
import type { Layer } from '../spec/objects.ts';
import { fileCost, Pace } from '../stream/pace.ts';
import { Draft } from '../tree/draft.ts';
import { emptyTree, type FileNode, type Path, type Tree } from '../tree/node.ts';
import { warningsOf } from './layer-label.ts';
import { type Hashing, type LayerListing, listLayer } from './layer-listing.ts';
import type { ImageSource, Rootfs } from './source.ts';

/**
 * Layer listings, so that a layer that two images share is read once and its nodes are the same objects in both trees. Layers
 * are the same by their blobs: a diffID alone is a claim, and each blob that it is made for has to prove it.
 */
export class ListingCache {
  readonly #listings = new Map<string, Promise<LayerListing>>();

  list(source: ImageSource, layer: Layer, hashing: Hashing): Promise<LayerListing> {
    const { mediaType, digest } = layer.descriptor;
    const key = `${mediaType} ${digest} ${layer.diffID}`;
    const known = this.#listings.get(key);
    if (known !== undefined) return known;
    const listing = listLayer(source, layer, hashing);
    this.#listings.set(key, listing);
    return listing;
  }
}

/** Applying an entry costs a part of what making a file does. */
const entryCost = fileCost >> 4;

/** Folds listings, bottom first, into the root filesystem that they make. */
async function foldListings(listings: readonly LayerListing[], source: ImageSource): Promise<Tree> {
  const draft = new Draft(emptyTree(), source.subject);
  const apply = function* (): Generator<number> {
    for (const { entries } of listings) {
      draft.beginLayer();
      for (const entry of entries) {
        draft.apply(entry);
        yield entryCost;
      }
    }
  };
  await new Pace(source.work?.signal).run(apply());
  return draft.tree();
}

interface ImageRootfsOptions {
  readonly cache?: ListingCache;
  /** What is hashed on the first reading of a layer: everything, nothing, or these paths. Whatever is asked for later is read again. */
  readonly hashing?: (layer: Layer) => Hashing;
}

/** The merged root filesystem of a stack of layers, as a value. Whole in memory: metadata only. */
export function openImageRootfs(
  source: ImageSource,
  layers: readonly Layer[],
  options: ImageRootfsOptions = {},
): Rootfs {
  const cache = options.cache ?? new ListingCache();
  const hashingOf = options.hashing ?? ((): Hashing => 'none');
  const known = new Map<FileNode, string>();
  const warnings: string[] = [];
  return {
    subject: source.subject,
    warnings,
    async tree() {
      const listings: LayerListing[] = [];
      for (const layer of layers) listings.push(await cache.list(source, layer, hashingOf(layer)));
      warnings.splice(0, warnings.length, ...(await warningsOf(source, blobsOf(layers))));
      for (const { digests } of listings) for (const [file, digest] of digests) known.set(file, digest);
      return foldListings(listings, source);
    },
    async digests(files) {
      const missing = new Set<FileNode>();
      for (const file of files) if (!known.has(file)) missing.add(file);
      for (const layer of layers)
        for (const [file, digest] of await readMissing(source, layer, missing)) known.set(file, digest);
      const found = new Map<FileNode, string>();
      for (const file of files) found.set(file, known.get(file) ?? '');
      return found;
    },
  };
}

/** Reads a layer again for the contents that its first reading did not hash. */
async function readMissing(
  source: ImageSource,
  layer: Layer,
  missing: ReadonlySet<FileNode>,
): Promise<ReadonlyMap<FileNode, string>> {
  const found = new Map<FileNode, string>();
  const wanted = new Map(
    [...missing].filter(f => f.content.source === layer.diffID).map(f => [f.content.member, f] as const),
  );
  if (wanted.size === 0) return found;
  const { digests } = await listLayer(source, layer, { members: new Set(wanted.keys()) });
  for (const [read, digest] of digests) {
    const file = wanted.get(read.content.member);
    if (file !== undefined) found.set(file, digest);
  }
  return found;
}

/** Every path that the entries of these layers name: what a shared layer below may be asked to compare with. */
export async function pathsOf(
  cache: ListingCache,
  source: ImageSource,
  layers: readonly Layer[],
): Promise<ReadonlySet<Path>> {
  const paths = new Set<Path>();
  for (const layer of layers) {
    for (const entry of (await cache.list(source, layer, 'all')).entries) paths.add(entry.path);
  }
  return paths;
}
