import { OciError } from '../errors.ts';
import { readImageOf, readManifest } from '../graph/image-reader.ts';
import { listLayer } from '../graph/layer-listing.ts';
import type { ImageSource } from '../graph/source.ts';
import { descriptorKey, type Graph, type GraphNode, nodesUnder, walk } from '../graph/walk.ts';
import { layersOf } from '../image/layers.ts';
import type { Digest } from '../spec/digest.ts';
import { isConfigType, isIndexType } from '../spec/media-type.ts';
import { displayName, nameOf } from '../spec/name.ts';
import type { Descriptor, Image, ImageIndex, Layer } from '../spec/objects.ts';
import { oddOf } from '../spec/odd-entries.ts';
import { formatPlatform } from '../spec/platform.ts';
import { canonicalName, familiarName, tryReference } from '../spec/reference.ts';
import { baseNameOf } from '../store/image-place.ts';
import { bytesOfEntries } from '../tree/node.ts';
import type { FilterableRow } from './image-filters.ts';

/** What a listing says of one image, and no more of it is kept. */
interface Summary {
  readonly id: Digest;
  readonly created: string | null;
  readonly size: number;
  readonly platform: string;
  readonly labels: Readonly<Record<string, string>>;
}

const storedSize = ({ manifest }: Image): number =>
  manifest.value.layers.reduce((total, layer) => total + layer.size, 0);

function summaryOf({ config }: Image, size: number): Summary {
  return {
    id: config.descriptor.digest,
    created: config.value.created ?? null,
    size,
    platform: formatPlatform(config.value),
    labels: config.value.config?.Labels ?? {},
  };
}

/** Every form of an entry's name that a glob may match: docker's, and those by which it is an operand, with the place before. */
function referencesOf(place: string, entry: Descriptor): string[] {
  const name = nameOf(entry);
  if (name === undefined) return [];
  const names = namesOf(entry, name);
  const path = place.replace(/(?<=.)\/+$/, '');
  return [...names, ...new Set([path, baseNameOf(path)].flatMap(before => names.map(known => `${before}:${known}`)))];
}

function namesOf(entry: Descriptor, name: string): string[] {
  const { repository, tag } = displayName(entry);
  const reference = repository === null ? undefined : tryReference(name);
  if (reference === undefined) return [name];
  const familiar = familiarName(reference);
  return [`${familiar}:${tag}`, familiar, canonicalName(reference), `${reference.domain}/${reference.path}`];
}

function rowOf(place: string, entry: Descriptor, image: Summary | undefined): FilterableRow {
  const { id = entry.digest, created = null, size = 0, platform = null, labels = {} } = image ?? {};
  const row = { place, ...displayName(entry), digest: entry.digest, id, created, size, platform };
  return { row, labels, references: referencesOf(place, entry) };
}

/** What a manifest turned out to be: nothing where it is no image (an artifact), an error where it cannot be read. */
type Found = Summary | OciError | undefined;

/** The bytes of a layer's files together. */
async function fileBytes(source: ImageSource, layer: Layer): Promise<number> {
  return bytesOfEntries((await listLayer(source, layer)).entries);
}

/** One place while it is listed: each document is read once, however many names lead to it. State: what has been read, and what was wrong. */
export class ImageListing {
  readonly #source: ImageSource;
  readonly #all: boolean;
  readonly #isUncompressed: boolean;
  readonly #sizes = new Map<string, Promise<number>>();
  readonly #found = new Map<string, Promise<Found>>();
  readonly faults: Set<OciError> = new Set();
  /** Whether anything could be read. */
  isReadable = false;

  constructor(
    source: ImageSource,
    options: { readonly all: boolean; readonly size?: 'stored' | 'uncompressed' | undefined },
  ) {
    this.#source = source;
    this.#all = options.all;
    this.#isUncompressed = options.size === 'uncompressed';
  }

  async rows(index: ImageIndex): Promise<FilterableRow[]> {
    this.#odd(index);
    const graph = await walk(this.#source, index.manifests, { listOnly: true, withoutAttestations: true });
    const rows: FilterableRow[] = [];
    for (const entry of index.manifests) for (const row of await this.#entry(entry, graph)) rows.push(row);
    return rows;
  }

  /** One row for an image; one for each platform of an index. What is no image is listed only when everything is. */
  async #entry(entry: Descriptor, graph: Graph): Promise<FilterableRow[]> {
    const rows: FilterableRow[] = [];
    const faults: OciError[] = [];
    for (const node of nodesUnder(graph, entry)) {
      if (node.kind === 'index' && node.document !== undefined) this.#odd(node.document.value);
      const found = await this.#node(node);
      const image = found instanceof OciError ? undefined : found;
      if (found instanceof OciError) faults.push(found);
      if (image !== undefined || (this.#all && node.kind === 'manifest'))
        rows.push(rowOf(this.#source.subject, entry, image));
    }
    this.#blame(faults, isIndexType(entry.mediaType) && rows.length > 0);
    return rows.length === 0 && this.#all ? [rowOf(this.#source.subject, entry, undefined)] : rows;
  }

  #odd(index: ImageIndex): void {
    for (const { fault } of oddOf(index)) this.faults.add(fault);
  }

  /** What an index lists need not all be there, as archives of one platform leave the others out. */
  #blame(faults: readonly OciError[], isPartial: boolean): void {
    if (faults.length === 0 || isPartial) this.isReadable = true;
    for (const fault of faults) if (!isPartial || fault.code !== 'not-found') this.faults.add(fault);
  }

  async #node(node: GraphNode): Promise<Found> {
    if (node.fault !== undefined || node.kind !== 'manifest') return node.fault;
    const key = descriptorKey(node.descriptor);
    const found = this.#found.get(key) ?? this.#read(node.descriptor);
    this.#found.set(key, found);
    return found;
  }

  /** The bytes of the files in an image's layers, as docker counts them; a layer of many images is read once. */
  async #uncompressed(image: Image): Promise<number> {
    let total = 0;
    for (const layer of layersOf(image)) {
      const key = `${descriptorKey(layer.descriptor)} ${layer.diffID}`;
      const size = this.#sizes.get(key) ?? fileBytes(this.#source, layer);
      this.#sizes.set(key, size);
      total += await size;
    }
    return total;
  }

  async #read(descriptor: Descriptor): Promise<Found> {
    try {
      const manifest = await readManifest(this.#source, descriptor);
      if (!isConfigType(manifest.value.config.mediaType)) return undefined;
      const image = await readImageOf(this.#source, manifest);
      return summaryOf(image, this.#isUncompressed ? await this.#uncompressed(image) : storedSize(image));
    } catch (error) {
      if (error instanceof OciError) return error;
      throw error;
    }
  }
}
