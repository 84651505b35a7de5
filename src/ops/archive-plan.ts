import { badOption, OciError, usage } from '../errors.ts';
import { missingBlobs, neededBlobs } from '../graph/copy-graph.ts';
import { readImage } from '../graph/image-reader.ts';
import { isPlain, layerBytes, proveLayers } from '../graph/layer-bytes.ts';
import { storedAs, warningsOf } from '../graph/layer-label.ts';
import { pickImage } from '../graph/pick-image.ts';
import { proveConverted } from '../graph/prove-image.ts';
import type { ImageSource } from '../graph/source.ts';
import { layersIn, listManifests } from '../graph/walk.ts';
import { layersOf } from '../image/layers.ts';
import { algorithmOf, type Digest, encodedOf } from '../spec/digest.ts';
import { encodeDocument, encodeJson } from '../spec/document.ts';
import { isManifestType, mediaTypes } from '../spec/media-type.ts';
import { nameOf } from '../spec/name.ts';
import type { Descriptor, Image, ImageIndex, Layer } from '../spec/objects.ts';
import { sizeOf } from '../spec/sizes.ts';
import type { ArchiveEntry } from '../store/archive/write-archive.ts';
import { drain } from '../stream/drain.ts';
import { announce } from '../stream/pace.ts';
import { lostNames, type SavedEntry } from './saved-name.ts';

type ArchiveFormat = 'universal' | 'oci' | 'docker';

/** An image to be put into an archive. */
export interface ArchiveRoot extends SavedEntry {
  readonly source: ImageSource;
}

interface ArchivePlan {
  /** Sorted by name. */
  readonly entries: readonly ArchiveEntry[];
  readonly warnings: readonly string[];
}

/** One image as docker's `manifest.json` has it. */
interface DockerItem {
  readonly source: ImageSource;
  readonly image: Image;
  readonly names: readonly string[];
}

/** The platform that engines get which read one only: the same on every machine that saves. */
const defaultPlatform = { os: 'linux', architecture: 'amd64' };

/** The image of an entry for engines that know no indexes: linux/amd64 where there is one, else the first; none for an artifact. */
async function dockerImage(source: ImageSource, entry: Descriptor): Promise<Image | undefined> {
  try {
    if (isManifestType(entry.mediaType)) return await readImage(source, entry);
    const { image } = await pickImage(source, entry, { hostPlatform: defaultPlatform, subject: source.subject });
    return image;
  } catch (error) {
    if (!(error instanceof OciError) || !['unsupported', 'usage', 'not-found'].includes(error.code)) throw error;
  }
  for (const descriptor of await listManifests(source, [entry]))
    if (await source.has(descriptor)) return readImage(source, descriptor);
  return undefined;
}

/** Docker's items: one for each image, with all of its names. */
async function itemsOf(roots: readonly ArchiveRoot[]): Promise<readonly DockerItem[]> {
  const items = new Map<string, DockerItem>();
  const images = new Map<ImageSource, Map<string, Image | undefined>>();
  for (const { source, entry, name } of roots) {
    const known = images.get(source) ?? new Map<string, Image | undefined>();
    images.set(source, known);
    if (!known.has(entry.digest)) known.set(entry.digest, await dockerImage(source, entry));
    const image = known.get(entry.digest);
    if (image === undefined) continue;
    const { digest } = image.manifest.descriptor;
    const names = new Set([...(items.get(digest)?.names ?? []), ...(name === undefined ? [] : [name])]);
    items.set(digest, { source, image, names: [...names] });
  }
  return [...items.values()];
}

const blobName = (digest: Digest): string => `blobs/${algorithmOf(digest)}/${encodedOf(digest)}`;

function textEntry(name: string, bytes: Uint8Array): ArchiveEntry {
  return { name, size: bytes.length, open: () => [bytes] };
}

function manifestJson(
  items: readonly DockerItem[],
  pathOf: { readonly config: (digest: Digest) => string; readonly layer: (layer: Layer) => string },
): ArchiveEntry {
  const value = items.map(({ image, names }) => ({
    Config: pathOf.config(image.config.descriptor.digest),
    RepoTags: names.length === 0 ? null : names,
    Layers: layersOf(image).map(pathOf.layer),
  }));
  return textEntry('manifest.json', encodeJson(value));
}

/** What is taken from each place: one walk there finds all of it. */
function bySource(roots: readonly ArchiveRoot[]): ReadonlyMap<ImageSource, readonly Descriptor[]> {
  const listed = new Map<ImageSource, Descriptor[]>(roots.map(({ source }) => [source, []]));
  for (const { source, entry } of roots) listed.get(source)?.push(entry);
  return listed;
}

/** `oci-layout`, `index.json` and the blobs of everything that the roots lead to. */
async function layoutEntries(roots: readonly ArchiveRoot[]): Promise<ArchivePlan> {
  const entries = new Map<string, ArchiveEntry>();
  const warnings: string[] = [];
  for (const [source, listed] of bySource(roots)) {
    const needed = await neededBlobs(source, listed);
    await proveConverted(source, needed.graph);
    for (const blob of needed.blobs)
      entries.set(blobName(blob.digest), {
        name: blobName(blob.digest),
        size: blob.size,
        open: () => source.open(blob),
      });
    for (const warning of missingBlobs(needed, source)) warnings.push(warning);
    for (const warning of await warningsOf(source, layersIn(needed.graph))) warnings.push(warning);
  }
  const directories = new Set([...entries.keys()].map(name => name.slice(0, name.lastIndexOf('/') + 1)));
  for (const name of ['blobs/', ...directories]) entries.set(name, { name, size: 0, open: () => [] });
  const manifests = roots.map(({ entry }) => entry);
  const index: ImageIndex = { schemaVersion: 2, mediaType: mediaTypes.index, manifests };
  const header = encodeDocument({ imageLayoutVersion: '1.0.0' }, mediaTypes.layoutHeader);
  const documents = [
    textEntry('index.json', encodeDocument(index, mediaTypes.index).bytes),
    textEntry('oci-layout', header.bytes),
  ];
  return { entries: [...entries.values(), ...documents], warnings };
}

/** Bytes of a layer's tar. */
async function tarSize(source: ImageSource, layer: Layer): Promise<number> {
  return isPlain(layer) ? layer.descriptor.size : drain(layerBytes(source, layer));
}

/** Bytes of blobs that are read to write these layers as plain tars. */
function plainCost(items: readonly DockerItem[]): number {
  const layers = items.flatMap(({ image }) => layersOf(image));
  return (
    sizeOf(layers.map(({ descriptor }) => descriptor)) +
    sizeOf(layers.flatMap(one => (isPlain(one) ? [] : [one.descriptor])))
  );
}

/** What docker itself saved before version 25: configs, and layers as plain tars. Compressed layers are read twice, as a tar says sizes first. */
async function dockerEntries(items: readonly DockerItem[]): Promise<readonly ArchiveEntry[]> {
  const entries = new Map<string, ArchiveEntry>();
  announce(items[0]?.source.work ?? {}, 'saving', plainCost(items));
  for (const { source, image } of items) {
    const config = `${encodedOf(image.config.descriptor.digest)}.json`;
    entries.set(config, textEntry(config, image.config.bytes));
    for (const layer of layersOf(image)) {
      const name = `${encodedOf(layer.diffID)}.tar`;
      // Another blob may be the same tar: it is written once, and proved each time.
      if (entries.has(name)) await proveLayers(source, [layer]);
      else entries.set(name, { name, size: await tarSize(source, layer), open: () => layerBytes(source, layer) });
    }
  }
  const manifest = manifestJson(items, {
    config: digest => `${encodedOf(digest)}.json`,
    layer: ({ diffID }) => `${encodedOf(diffID)}.tar`,
  });
  return [...entries.values(), manifest];
}

/** Two images cannot have one name. */
function checkNames(roots: readonly ArchiveRoot[]): void {
  const digests = new Map<string, Digest>();
  for (const { entry, name = nameOf(entry) } of roots) {
    if (name === undefined) continue;
    const known = digests.get(name) ?? entry.digest;
    if (known !== entry.digest) throw usage(name, `expected one image of that name, got ${known} and ${entry.digest}`);
    digests.set(name, entry.digest);
  }
}

const byName = (one: ArchiveEntry, other: ArchiveEntry): number => (one.name < other.name ? -1 : 1);

async function hasZstd(items: readonly DockerItem[]): Promise<boolean> {
  for (const { source, image } of items)
    for (const layer of image.manifest.value.layers)
      if ((await source.has(layer)) && (await storedAs(source, layer)) === 'zstd') return true;
  return false;
}

const zstdWarning = 'layers compressed with zstd: docker before version 23 does not load them';

/**
 * What an archive of these images holds, decided before a byte is written. `universal` is an OCI layout with docker's
 * `manifest.json` beside it, which every engine takes; `oci` the layout alone; `docker` what docker saved before version 25.
 * Documents are read and checked, layers only looked for, or proved where they come of docker's archives. Throws `usage` where two images have one name.
 */
export async function planArchive(roots: readonly ArchiveRoot[], format: ArchiveFormat): Promise<ArchivePlan> {
  const plan = await planOf(roots, format);
  return { ...plan, warnings: [...plan.warnings, ...lostNames(roots, format)] };
}

async function planOf(roots: readonly ArchiveRoot[], format: ArchiveFormat): Promise<ArchivePlan> {
  checkNames(roots);
  const items = format === 'oci' ? [] : await itemsOf(roots);
  if (format === 'docker') {
    if (items.length === 0) throw badOption('format docker', 'expected an image, got artifacts only');
    const entries = [...(await dockerEntries(items))].sort(byName);
    const warnings: string[] = [];
    for (const { source, image } of items)
      for (const warning of await warningsOf(source, image.manifest.value.layers)) warnings.push(warning);
    return { entries, warnings };
  }
  const layout = await layoutEntries(roots);
  const layer = ({ descriptor }: Layer): string => blobName(descriptor.digest);
  const manifest = items.length === 0 ? [] : [manifestJson(items, { config: blobName, layer })];
  return {
    entries: [...layout.entries, ...manifest].sort(byName),
    warnings: [...layout.warnings, ...((await hasZstd(items)) ? [zstdWarning] : [])],
  };
}
