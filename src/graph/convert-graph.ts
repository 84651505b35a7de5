import { type CompressOptions, compress, compressionOf, recompressedType } from '../codec/compression.ts';
import { OciError } from '../errors.ts';
import { convertIndex, convertManifest } from '../image/convert.ts';
import { type ImageKind, layerTypeOf } from '../image/image-kind.ts';
import { isIndexType, isLayerType, isManifestType, mediaTypes } from '../spec/media-type.ts';
import type { Descriptor, Document, Platform } from '../spec/objects.ts';
import { formatPlatform, platformRank } from '../spec/platform.ts';
import { once } from '../stream/once.ts';
import { readIndex, readManifest } from './image-reader.ts';
import { layerBytes } from './layer-bytes.ts';
import type { ImageSource, ImageStore } from './source.ts';
import { isAttestation } from './walk-index.ts';

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
  return entries.filter(entry => kept.includes(entry) || digests.has(entry.annotations?.[attestationKey] ?? ''));
}

const attestationKey = 'vnd.docker.reference.digest';

/** One conversion from a source into a store. Every layer is recompressed once, however many images have it. */
class Conversion {
  readonly #source: ImageSource;
  readonly #store: ImageStore;
  readonly #options: ConvertOptions;
  readonly #layers = new Map<string, Promise<Descriptor>>();

  constructor(source: ImageSource, store: ImageStore, options: ConvertOptions) {
    this.#source = source;
    this.#store = store;
    this.#options = options;
  }

  /** Converts what a descriptor stands for; what is neither manifest nor index is brought as it is. */
  async convert(descriptor: Descriptor): Promise<Descriptor> {
    if (isIndexType(descriptor.mediaType)) return this.#index(descriptor);
    if (isManifestType(descriptor.mediaType)) return this.#manifest(descriptor);
    await this.#store.bring(this.#source, descriptor);
    return descriptor;
  }

  async #index(descriptor: Descriptor): Promise<Descriptor> {
    const document = await readIndex(this.#source, descriptor);
    const manifests: Descriptor[] = [];
    const { platforms } = this.#options;
    const entries = document.value.manifests;
    const kept = platforms === undefined ? entries : keptEntries(entries, platforms, this.#source.subject);
    for (const child of kept) manifests.push((await this.#source.has(child)) ? await this.convert(child) : child);
    return this.#put(convertIndex(document, manifests, this.#options.kind), descriptor);
  }

  async #manifest(descriptor: Descriptor): Promise<Descriptor> {
    const document = await readManifest(this.#source, descriptor);
    const layers: Descriptor[] = [];
    for (const layer of document.value.layers) layers.push(await this.#layer(layer));
    const isDocker = document.descriptor.mediaType === mediaTypes.dockerManifest;
    const kept = this.#options.compress !== undefined && isDocker ? 'docker' : undefined;
    const converted = convertManifest(document, layers, this.#options.kind ?? kept);
    await this.#store.bring(this.#source, document.value.config);
    return this.#put(converted, descriptor);
  }

  async #put<T>({ bytes, descriptor: made }: Document<T>, listed: Descriptor): Promise<Descriptor> {
    if (made.digest === listed.digest) await this.#store.bring(this.#source, listed);
    else await this.#store.put(once(bytes));
    const { mediaType, digest, size } = made;
    const { data: _data, ...kept } = listed;
    return made.digest === listed.digest ? listed : { ...kept, mediaType, digest, size };
  }

  #layer(layer: Descriptor): Promise<Descriptor> {
    const key = `${layer.mediaType} ${layer.digest}`;
    const known = this.#layers.get(key);
    if (known !== undefined) return known;
    const converted = this.#convertLayer(layer);
    this.#layers.set(key, converted);
    return converted;
  }

  async #convertLayer(layer: Descriptor): Promise<Descriptor> {
    const options = this.#options.compress;
    const isHere = await this.#source.has(layer);
    if (!isHere && layer.urls !== undefined && layer.urls.length > 0) return layer;
    if (
      options === undefined ||
      !isLayerType(layer.mediaType) ||
      compressionOf(layer.mediaType) === options.compression
    ) {
      await this.#store.bring(this.#source, layer);
      return layer;
    }
    // Docker's words have none for zstd; where the image is to be an OCI image, it has OCI's.
    const mediaType = recompressedType(
      this.#options.kind === undefined ? layer.mediaType : layerTypeOf(layer.mediaType, this.#options.kind),
      options.compression,
    );
    const tar = layerBytes(this.#source, { descriptor: layer });
    const stored = await this.#store.put(compress(tar, options));
    const { annotations: _annotations, data: _data, urls: _urls, ...kept } = layer;
    return { ...kept, mediaType, ...stored };
  }
}

/**
 * Copies what a descriptor leads to into a store, layers recompressed and documents in other media types as asked for, and
 * answers the descriptor of the result. Configs and diffIDs stay; what does not change keeps its digest and bytes.
 */
export function convertGraph(
  source: ImageSource,
  root: Descriptor,
  options: ConvertOptions & { readonly store: ImageStore },
): Promise<Descriptor> {
  return new Conversion(source, options.store, options).convert(root);
}
