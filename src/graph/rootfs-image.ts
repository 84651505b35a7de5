import { blobsOf } from '../image/layers.ts';
import type { Layer } from '../spec/objects.ts';
import { drain } from '../stream/drain.ts';
import { Pace } from '../stream/pace.ts';
import { Draft } from '../tree/draft.ts';
import { emptyTree, type FileNode, type LayerEntry, type Path, type Tree } from '../tree/node.ts';
import { each, eachInParts } from '../tree/parts.ts';
import type { ComparableRootfs } from './comparable-rootfs.ts';
import { contentDigests } from './content-digests.ts';
import { warningsOf } from './layer-label.ts';
import { type Hashing, type LayerListing, listLayer } from './layer-listing.ts';
import type { ImageSource } from './source.ts';

/** Listings that outlive a run, each of a blob and the diffID that it was proved to have. */
export interface KeptListings {
  find(layer: Layer): Promise<LayerListing | undefined>;
  keep(layer: Layer, listing: LayerListing): Promise<void>;
}

/**
 * Layer listings, so that a layer that two images share is read once and its nodes are the same objects in both trees. Layers
 * are the same by their blobs: a diffID alone is a claim, and each blob that it is made for has to prove it.
 */
export class ListingCache {
  readonly #listings = new Map<string, Promise<LayerListing>>();
  readonly #kept: KeptListings | undefined;

  constructor(kept?: KeptListings) {
    this.#kept = kept;
  }

  list(source: ImageSource, layer: Layer, hashing: Hashing): Promise<LayerListing> {
    const { mediaType, digest } = layer.descriptor;
    const key = `${mediaType} ${digest} ${layer.diffID}`;
    const known = this.#listings.get(key);
    if (known !== undefined) return known;
    const listing = hashing === 'none' ? this.#listed(source, layer) : listLayer(source, layer, { hashing });
    this.#listings.set(key, listing);
    return listing;
  }

  /** What is kept stands for a blob that is right now as it was then: it is held to its digest, which costs a tenth of reading it. */
  async #listed(source: ImageSource, layer: Layer): Promise<LayerListing> {
    const known = await this.#kept?.find(layer);
    if (known !== undefined) {
      await drain(source.open(layer.descriptor));
      return known;
    }
    const listing = await listLayer(source, layer);
    await this.#kept?.keep(layer, listing);
    return listing;
  }
}

/** What a layer brings when it comes again: another file, wherever a symbolic link takes it by now. */
const again = (entry: LayerEntry): LayerEntry =>
  entry.kind === 'node' && entry.node.kind !== 'directory' ? { ...entry, node: { ...entry.node } } : entry;

/** Folds listings, bottom first, into the root filesystem that they make. */
async function foldListings(listings: readonly LayerListing[], source: ImageSource): Promise<Tree> {
  const draft = new Draft(emptyTree(), source.subject);
  const pace = new Pace(source.work?.signal);
  const met = new Set<LayerListing>();
  for (const listing of listings) {
    const isAgain = met.has(listing);
    met.add(listing);
    draft.beginLayer();
    await pace.run(eachInParts(listing.entries, entry => draft.applying(isAgain ? again(entry) : entry)));
  }
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
): ComparableRootfs {
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
      const found = await warningsOf(source, blobsOf(layers));
      warnings.length = 0;
      for (const warning of found) warnings.push(warning);
      const pace = new Pace(source.work?.signal);
      for (const { digests } of listings)
        await pace.run(each(digests, ([file, digest]) => void known.set(file, digest)));
      return foldListings(listings, source);
    },
    async digests(files) {
      const pace = new Pace(source.work?.signal);
      const missing: FileNode[] = [];
      await pace.run(each(files, file => void (known.has(file) || missing.push(file))));
      const read = await contentDigests(source, layers, missing);
      await pace.run(each(read, ([file, digest]) => void known.set(file, digest)));
      const found = new Map<FileNode, string>();
      await pace.run(each(files, file => void found.set(file, known.get(file) ?? '')));
      return found;
    },
  };
}

/** Every path that the entries of these layers name: what a shared layer below may be asked to compare with. */
export async function pathsOf(
  cache: ListingCache,
  source: ImageSource,
  layers: readonly Layer[],
): Promise<ReadonlySet<Path>> {
  const paths = new Set<Path>();
  const pace = new Pace(source.work?.signal);
  for (const layer of layers) {
    const { entries } = await cache.list(source, layer, 'all');
    await pace.run(each(entries, ({ path }) => void paths.add(path)));
  }
  return paths;
}
