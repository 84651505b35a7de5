import { type CompressOptions, compress, compressionOf, recompressedType } from '../codec/compression.ts';
import { OciError } from '../errors.ts';
import { attestedDigest, isAttestation, withAttested } from '../image/attestation.ts';
import { convertIndex, convertManifest } from '../image/convert.ts';
import { type ImageKind, isDockerImage, layerTypeOf } from '../image/image-kind.ts';
import { layersOf } from '../image/layers.ts';
import { isConfigType, isLayerType } from '../spec/media-type.ts';
import type { Descriptor, Document, ImageIndex, Layer, Manifest, Platform } from '../spec/objects.ts';
import { formatPlatform, platformRank } from '../spec/platform.ts';
import { readImageOf } from './image-reader.ts';
import { layerBytes, proveLayers } from './layer-bytes.ts';
import { storedAs } from './layer-label.ts';
import { proveConverted } from './prove-image.ts';
import type { ImageSource, ImageStore } from './source.ts';
import { storeDocument } from './store-document.ts';
import { type Graph, isMissing } from './walk.ts';

export interface ConvertOptions {
  /** How layers are to be stored; as they are when absent. */
  readonly compress?: CompressOptions;
  /** Whose media types the documents are to have; their own when absent. */
  readonly kind?: ImageKind;
  /** Which images of an index are kept, with the attestations about them; all when absent. */
  readonly platforms?: readonly Platform[];
}

/** What stays of an index's entries. Throws `not-found` for a platform that none of them is for. */
function keptEntries(
  entries: readonly Descriptor[],
  platforms: readonly Platform[],
  subject: string,
): readonly Descriptor[] {
  const candidates = entries.filter(entry => entry.platform != null && !isAttestation(entry));
  const rank = (wanted: Platform, { platform }: Descriptor): number => platformRank(wanted, platform as Platform);
  const kept = platforms.map(wanted => {
    const most = candidates.reduce((best, entry) => Math.max(best, rank(wanted, entry)), 0);
    const found = most === 0 ? undefined : candidates.find(entry => rank(wanted, entry) === most);
    if (found !== undefined) return found;
    const got = candidates.map(({ platform }) => formatPlatform(platform as Platform)).join(', ') || 'none';
    throw new OciError('not-found', subject, `expected an image for ${formatPlatform(wanted)}, got ${got}`);
  });
  const digests = new Set<string>(kept.map(({ digest }) => digest));
  return entries.filter(entry => kept.includes(entry) || digests.has(attestedDigest(entry) ?? ''));
}

/** A manifest's layers, with diffIDs where it is an image's. */
type ListedLayer = Pick<Layer, 'descriptor'> & Partial<Layer>;

/** One conversion of a graph into a store: a fold over its nodes, each document and layer converted once, however often it is listed. */
class Conversion {
  readonly #source: ImageSource;
  readonly #graph: Graph;
  readonly #store: ImageStore;
  readonly #options: ConvertOptions;
  readonly #made = new Map<string, Promise<Descriptor>>();
  /** What there is to say of attestations. */
  readonly warnings: Set<string> = new Set();

  constructor(source: ImageSource, graph: Graph, options: ConvertOptions & { readonly store: ImageStore }) {
    this.#source = source;
    this.#graph = graph;
    this.#store = options.store;
    this.#options = options;
  }

  /** Converts what a descriptor stands for; what is neither manifest nor index is brought as it is. */
  async convert(listed: Descriptor): Promise<Descriptor> {
    const { digest, mediaType, size } = await this.#once(`${listed.mediaType} ${listed.digest}`, () =>
      this.#document(listed),
    );
    if (digest === listed.digest) return listed;
    const { data: _data, ...kept } = listed;
    return { ...kept, mediaType, digest, size };
  }

  #once(key: string, convert: () => Promise<Descriptor>): Promise<Descriptor> {
    const known = this.#made.get(key) ?? convert();
    this.#made.set(key, known);
    return known;
  }

  async #document(descriptor: Descriptor): Promise<Descriptor> {
    const node = this.#graph.entry(descriptor);
    if (node !== undefined && isMissing(node)) return descriptor;
    if (node?.kind === 'index' && node.document !== undefined) {
      const listed = { ...node.document, descriptor };
      return this.#put(await this.#index(listed), listed);
    }
    if (node?.kind === 'manifest' && node.document !== undefined) {
      const listed = { ...node.document, descriptor };
      return this.#put(await this.#manifest(listed), listed);
    }
    await this.#store.bring(this.#source, descriptor);
    return descriptor;
  }

  async #index(document: Document<ImageIndex>): Promise<Document<ImageIndex>> {
    const { platforms } = this.#options;
    const entries = document.value.manifests;
    const kept = platforms === undefined ? entries : keptEntries(entries, platforms, this.#source.subject);
    const manifests = await this.#entries(kept);
    return convertIndex(document, manifests, this.#options.kind);
  }

  /** The entries of an index, converted. Attestations name the new manifests; a list of docker's holds no artifact, and so none of them. */
  async #entries(kept: readonly Descriptor[]): Promise<readonly Descriptor[]> {
    const isDocker = this.#options.kind === 'docker';
    const made = new Map<string, string>();
    const converted = new Map<Descriptor, Descriptor>();
    for (const child of kept) {
      if (isAttestation(child)) continue;
      const entry = await this.convert(child);
      converted.set(child, entry);
      made.set(child.digest, entry.digest);
    }
    for (const child of kept) {
      if (!isAttestation(child)) continue;
      const about = attestedDigest(child) ?? '';
      if (isDocker) this.#left(child);
      else converted.set(child, this.#repointed(await this.convert(child), made.get(about)));
    }
    return kept.flatMap(child => converted.get(child) ?? []);
  }

  #left({ digest }: Descriptor): void {
    this.warnings.add(
      `${this.#source.subject}: attestation ${digest} is left out: a list of docker's has no place for it`,
    );
  }

  #repointed(entry: Descriptor, digest: string | undefined): Descriptor {
    if (digest === undefined || attestedDigest(entry) === digest) return entry;
    this.warnings.add(
      `${this.#source.subject}: attestation ${entry.digest} names the new manifest ${digest}; the statement inside still names the old one`,
    );
    return withAttested(entry, digest);
  }

  async #manifest(document: Document<Manifest>): Promise<Document<Manifest>> {
    const layers: Descriptor[] = [];
    for (const layer of await this.#layersOf(document)) layers.push(await this.#layer(layer));
    const isDocker = isDockerImage({ manifest: document });
    const kept = this.#options.compress !== undefined && isDocker ? 'docker' : undefined;
    const converted = convertManifest(document, layers, this.#options.kind ?? kept);
    await this.#store.bring(this.#source, document.value.config);
    return converted;
  }

  /** The config is read only where layers are: they have to be what it says. */
  async #layersOf(document: Document<Manifest>): Promise<readonly ListedLayer[]> {
    const { config, layers } = document.value;
    const isRead = this.#options.compress !== undefined && layers.some(({ mediaType }) => isLayerType(mediaType));
    if (isRead && isConfigType(config.mediaType)) return layersOf(await readImageOf(this.#source, document));
    return layers.map(descriptor => ({ descriptor }));
  }

  async #put(document: Document<unknown>, listed: Document<unknown>): Promise<Descriptor> {
    const { descriptor: made } = document;
    if (made.digest === listed.descriptor.digest) await this.#store.bring(this.#source, listed.descriptor);
    else await storeDocument(this.#store, document, listed);
    return made;
  }

  async #layer(layer: ListedLayer): Promise<Descriptor> {
    const { descriptor, diffID } = layer;
    const { compress: options } = this.#options;
    const isHere = await this.#source.has(descriptor);
    if (!isHere && descriptor.urls !== undefined && descriptor.urls.length > 0) return descriptor;
    const isLayer = options !== undefined && diffID !== undefined && isLayerType(descriptor.mediaType);
    const { annotations: _annotations, data: _data, urls: _urls, ...kept } = descriptor;
    const isStored = isLayer && (await this.#isStored(descriptor, options.compression));
    if (isLayer && !isStored) {
      const key = `${descriptor.mediaType} ${descriptor.digest} ${diffID}`;
      const { mediaType, digest, size } = await this.#once(key, () => this.#compress({ descriptor, diffID }, options));
      return { ...kept, mediaType, digest, size };
    }
    if (isStored) await proveLayers(this.#source, [{ descriptor, diffID }]);
    await this.#store.bring(this.#source, descriptor);
    return descriptor;
  }

  /** Whether a layer is stored so already, by its media type and its bytes. */
  async #isStored(descriptor: Descriptor, compression: CompressOptions['compression']): Promise<boolean> {
    if (compressionOf(descriptor.mediaType) !== compression) return false;
    return (await storedAs(this.#source, descriptor)) === compression;
  }

  async #compress(layer: Layer, options: CompressOptions): Promise<Descriptor> {
    const { kind } = this.#options;
    const { mediaType } = layer.descriptor;
    // Docker's words have none for zstd; where the image is to be an OCI image, it has OCI's.
    const type = recompressedType(kind === undefined ? mediaType : layerTypeOf(mediaType, kind), options.compression);
    const stored = await this.#store.put(
      compress(layerBytes(this.#source, layer), { ...options, signal: this.#source.work?.signal }),
    );
    return { mediaType: type, ...stored };
  }
}

/**
 * Copies what a descriptor leads to into a store, layers recompressed and documents in other media types as asked for, and
 * answers the descriptor of the result and what there is to say of attestations. Configs and diffIDs stay; what does not change keeps its digest and bytes. `graph` is
 * what a walk from the descriptor found. Where layers are recompressed, all layers of images are proved.
 */
export async function convertGraph(
  source: ImageSource,
  { graph, root }: { readonly graph: Graph; readonly root: Descriptor },
  options: ConvertOptions & { readonly store: ImageStore },
): Promise<{ readonly descriptor: Descriptor; readonly warnings: readonly string[] }> {
  if (options.compress === undefined) await proveConverted(source, graph);
  const conversion = new Conversion(source, graph, options);
  const descriptor = await conversion.convert(root);
  return { descriptor, warnings: [...conversion.warnings] };
}
