import { type Compression, detectCompression, layerMediaType, magicSize } from '../../codec/compression.ts';
import { nodeEngine } from '../../engine/node.ts';
import { invalid, notFound, unsupported } from '../../errors.ts';
import type { ImageSource } from '../../graph/source.ts';
import { checkLayerCount } from '../../image/layers.ts';
import { documentLimit, imageLimit } from '../../limits.ts';
import { annotationKeys } from '../../spec/annotations.ts';
import { type Digest, digestOf } from '../../spec/digest.ts';
import { encodeDocument, parseJson } from '../../spec/document.ts';
import { type At, arrayOf, listOf, shape, string } from '../../spec/fields.ts';
import { mediaTypes } from '../../spec/media-type.ts';
import { isRefName, nameAnnotations } from '../../spec/name.ts';
import type { Annotations, Descriptor, ImageIndex, Json, Manifest } from '../../spec/objects.ts';
import { parseConfig } from '../../spec/parse.ts';
import { canonicalName, familiarName, tryReference } from '../../spec/reference.ts';
import { drain } from '../../stream/drain.ts';
import { readWhole } from '../../stream/read-whole.ts';
import { verified } from '../../stream/verified.ts';
import type { Region } from '../disk/region.ts';
import type { Archive } from './archive.ts';
import { blobReader, readMember } from './oci-archive.ts';

/** One image of `manifest.json`: paths inside the archive, and names. */
export interface DockerItem {
  readonly Config: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Layers: readonly string[] | null;
}

const item = shape({ required: { Config: string, Layers: listOf(string) }, optional: { RepoTags: arrayOf(string) } });

const keys = ['Config', 'RepoTags', 'Layers'];

/** An item with docker's own spelling of its keys: Go, and so every engine, takes them in any case (jib writes small ones). */
function withKeys(value: Json): Json {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const fields = Object.entries(value).map(([name, field]) => {
    const key = keys.find(known => known.toLowerCase() === name.toLowerCase());
    return [key === undefined || Object.hasOwn(value, key) ? name : key, field] as const;
  });
  return Object.fromEntries(fields);
}

function parseItems(json: Json, subject: string): readonly DockerItem[] {
  const top: At = { subject };
  const value = Array.isArray(json) ? json.map(withKeys) : json;
  listOf(item)(value, top);
  const items = (value ?? []) as unknown as readonly DockerItem[];
  if (items.length > imageLimit) throw invalid(subject, `at most ${imageLimit} images`, `${items.length}`);
  return items;
}

/** Blobs that the archive has under names of its own, and those that are made of what it says. */
class Blobs {
  readonly regions = new Map<Digest, Region>();
  readonly made = new Map<Digest, Uint8Array>();
}

const maxShown = 128;
const blobName = /(?:^|\/)blobs\/sha256\/([a-f0-9]{64})$/;

function headOf(archive: Archive, region: Region): Promise<Uint8Array> {
  const head = { ...region, size: Math.min(magicSize, region.size) };
  return readWhole(() => archive.open(head), head, { subject: archive.subject });
}

async function hashOf(archive: Archive, region: Region): Promise<Digest> {
  const hasher = nodeEngine.createHash('sha256');
  for await (const chunk of archive.open(region)) hasher.update(chunk);
  return `sha256:${hasher.digest()}`;
}

async function compressionIn(archive: Archive, region: Region, subject: string): Promise<Compression> {
  const compression = detectCompression(await headOf(archive, region));
  if (compression !== 'bzip2' && compression !== 'xz') return compression;
  throw unsupported(subject, 'a layer, plain or compressed with gzip or zstd', compression);
}

/** Makes an OCI manifest of one image: layers and config are taken byte for byte, so the image ID stays. */
class ManifestMaker {
  readonly #archive: Archive;
  readonly #blobs: Blobs;
  readonly #layers = new Map<string, Descriptor>();

  constructor(archive: Archive, blobs: Blobs) {
    this.#archive = archive;
    this.#blobs = blobs;
  }

  #find(name: string, what: string): Region {
    const subject = `${this.#archive.subject}: manifest.json: ${what} '${name}'`;
    const region = this.#archive.find(name, { symlinks: true });
    if (region === undefined) throw notFound(subject, 'a file in the archive');
    return region;
  }

  async manifest({ Config, ...item }: DockerItem): Promise<Descriptor> {
    const names = item.Layers ?? [];
    const subject = `${this.#archive.subject}: config '${Config}'`;
    const region = this.#find(Config, 'Config');
    const bytes = await readWhole(() => this.#archive.open(region), region, { subject });
    const { rootfs } = parseConfig(parseJson(bytes, subject), subject);
    checkLayerCount(subject, { diffIDs: rootfs.diff_ids.length, layers: names.length });
    const digest = digestOf(bytes);
    this.#blobs.made.set(digest, bytes);
    const layers: Descriptor[] = [];
    for (const [position, name] of names.entries())
      layers.push(await this.#layer(name, rootfs.diff_ids[position] as Digest));
    const manifest: Manifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: mediaTypes.config, digest, size: bytes.length },
      layers,
    };
    const document = encodeDocument(manifest, mediaTypes.manifest);
    this.#blobs.made.set(document.descriptor.digest, document.bytes);
    return document.descriptor;
  }

  /** A plain layer's digest is its diffID, and a blob's is its name; both are checked when it is read. Only others are hashed now. */
  async #layer(name: string, diffID: Digest): Promise<Descriptor> {
    const key = `${name} ${diffID}`;
    const known = this.#layers.get(key);
    if (known !== undefined) return known;
    const region = this.#find(name, 'layer');
    const compression = await compressionIn(this.#archive, region, `${this.#archive.subject}: layer '${name}'`);
    const named = blobName.exec(name)?.[1];
    const claimed: Digest | undefined = named === undefined ? undefined : `sha256:${named}`;
    const digest = compression === 'none' ? diffID : (claimed ?? (await hashOf(this.#archive, region)));
    const descriptor = { mediaType: layerMediaType(compression), digest, size: region.size };
    const other = this.#blobs.regions.get(digest);
    // Two files that say they are one layer: which of them would be read is not for chance to say.
    if (other !== undefined && other.offset !== region.offset)
      await drain(verified(this.#archive.open(region), descriptor, `${this.#archive.subject}: layer '${name}'`));
    this.#blobs.regions.set(digest, other ?? region);
    this.#layers.set(key, descriptor);
    return descriptor;
  }
}

/**
 * Docker spells names short: `app:v1` is docker.io/library/app:v1. What docker would not take (a repository in capitals) is a plain
 * name where image-spec has a place for it, and names nothing else; both are said.
 */
function annotationsOf(tag: string, warn: (said: string) => void): Annotations | undefined {
  const reference = tryReference(tag);
  const isName = reference !== undefined && reference.digest === undefined && familiarName(reference) !== 'sha256';
  if (isName) return nameAnnotations(canonicalName(reference));
  const isPlain = isRefName(tag) && !tag.includes('@') && !/^sha256(?::|$)/.test(tag);
  const got = isPlain ? 'it is kept as a plain name' : 'it names nothing';
  warn(`RepoTags '${tag.slice(0, maxShown)}': docker has no such name: ${got}`);
  return isPlain ? { [annotationKeys.refName]: tag } : undefined;
}

/** The entries of an image: one a name of its own, or one without a name. */
export function entriesOf(
  descriptor: Descriptor,
  { RepoTags }: DockerItem,
  warn: (said: string) => void,
): readonly Descriptor[] {
  const named = (RepoTags ?? []).flatMap(tag => {
    const annotations = annotationsOf(tag, warn);
    return annotations === undefined ? [] : [{ ...descriptor, annotations }];
  });
  return named.length === 0 ? [descriptor] : named;
}

/** What an archive's `manifest.json` lists. Throws `invalid`, and `unsupported` for archives from before docker 1.10, which have none. */
export async function readItems(archive: Archive): Promise<readonly DockerItem[]> {
  const subject = `${archive.subject}: manifest.json`;
  if (archive.find('manifest.json') === undefined && archive.find('repositories') !== undefined)
    throw unsupported(archive.subject, 'a manifest.json', 'an archive from before docker 1.10');
  return parseItems(parseJson(await readMember(archive, 'manifest.json', documentLimit), subject), subject);
}

/** The image ID of an item: its config's digest, which is not checked where the config's name says it; undefined where it is not there. */
export async function imageIDOf(archive: Archive, { Config }: DockerItem): Promise<Digest | undefined> {
  const named = blobName.exec(Config)?.[1];
  if (named !== undefined) return `sha256:${named}`;
  const region = archive.find(Config, { symlinks: true });
  return region === undefined ? undefined : hashOf(archive, region);
}

/** Images of `manifest.json` as a source of OCI images. Throws `invalid` and `not-found` for what is not there. */
export async function openItems(archive: Archive, items: readonly DockerItem[]): Promise<ImageSource> {
  const blobs = new Blobs();
  const maker = new ManifestMaker(archive, blobs);
  const manifests: Descriptor[] = [];
  const warnings: string[] = [];
  const warn = (said: string): number => warnings.push(`${archive.subject}: manifest.json: ${said}`);
  for (const item of items) for (const one of entriesOf(await maker.manifest(item), item, warn)) manifests.push(one);
  const index: ImageIndex = { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
  const document = encodeDocument(index, mediaTypes.index);
  const reader = blobReader(archive, ({ digest }) => blobs.regions.get(digest));
  const madeOf = ({ digest }: Descriptor): Uint8Array | undefined => blobs.made.get(digest);
  return {
    subject: archive.subject,
    isConverted: true,
    warnings,
    index: async () => document,
    has: async descriptor => madeOf(descriptor) !== undefined || reader.has(descriptor),
    async *open(descriptor) {
      const made = madeOf(descriptor);
      if (made === undefined) yield* reader.open(descriptor);
      else yield made;
    },
    fileOf: descriptor => reader.fileOf(descriptor),
    read: async (descriptor, limit) => madeOf(descriptor) ?? reader.read(descriptor, limit),
  };
}

/**
 * What `docker save` writes, as a source of OCI images: config and layers byte for byte, so image IDs and diffIDs stay, and
 * a manifest that is made of them, the same each time. Throws `invalid` and `not-found` for a `manifest.json` that names
 * what is not there, and `unsupported` for archives from before docker 1.10, which have none.
 */
export async function openDockerArchive(archive: Archive): Promise<ImageSource> {
  const items = await readItems(archive);
  if (items.length === 0) throw invalid(`${archive.subject}: manifest.json`, 'an image', 'none');
  return openItems(archive, items);
}
