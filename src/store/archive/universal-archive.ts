import { OciError } from '../../errors.ts';
import type { ImageSource } from '../../graph/source.ts';
import { type Graph, type GraphNode, nodesUnder, walk } from '../../graph/walk.ts';
import { annotationKeys } from '../../spec/annotations.ts';
import type { Digest } from '../../spec/digest.ts';
import { encodeDocument } from '../../spec/document.ts';
import { mediaTypes } from '../../spec/media-type.ts';
import { nameOf, spellingsOf } from '../../spec/name.ts';
import type { Descriptor, Document, Manifest } from '../../spec/objects.ts';
import type { Archive } from './archive.ts';
import { type DockerItem, entriesOf, imageIDOf, openDockerArchive, openItems, readItems } from './docker-archive.ts';
import { openOciArchive } from './oci-archive.ts';

/** All that a place leads to. */
const graphOf = async (source: ImageSource): Promise<Graph> => walk(source, (await source.index()).value.manifests);

const manifestIn = (node: GraphNode): Document<Manifest> | undefined =>
  node.kind === 'manifest' ? node.document : undefined;
const manifestsIn = ({ nodes }: Graph): readonly Document<Manifest>[] => nodes.flatMap(node => manifestIn(node) ?? []);

const partsOf = ({ value: { config, layers } }: Document<Manifest>): string =>
  [config, ...layers].map(({ digest }) => digest).join(' ');

/** Whether a layout in the same archive says of each image what docker's part says: the same config over the same layers. */
async function isSaidBeside(archive: Archive, docker: ImageSource): Promise<boolean> {
  if (archive.find('oci-layout') === undefined) return false;
  try {
    const known = new Set(manifestsIn(await graphOf(await openOciArchive(archive))).map(partsOf));
    return manifestsIn(await graphOf(docker)).every(manifest => known.has(partsOf(manifest)));
  } catch (error) {
    // A damaged layout says nothing: docker's part stands alone.
    if (error instanceof OciError) return false;
    throw error;
  }
}

/** An entry that gives an image of the layout the name that docker's part has for it. */
interface Named {
  readonly entry: Descriptor;
  readonly imageID: Digest;
}

/** What `manifest.json` says beyond `index.json`. */
interface Beside {
  /** Images that the layout does not have. */
  readonly items: readonly DockerItem[];
  /** Names of those that it has. */
  readonly named: readonly Named[];
  readonly warnings: readonly string[];
}

async function besideOf(archive: Archive, graph: Graph): Promise<Beside> {
  const known = new Map(manifestsIn(graph).map(({ value, descriptor }) => [value.config.digest, descriptor]));
  const items: DockerItem[] = [];
  const named: Named[] = [];
  const warnings: string[] = [];
  for (const item of await readItems(archive)) {
    const imageID = await imageIDOf(archive, item);
    const manifest = imageID === undefined ? undefined : known.get(imageID);
    if (imageID === undefined || manifest === undefined) items.push(item);
    else {
      const entries = entriesOf(manifest, item, said => warnings.push(`${archive.subject}: manifest.json: ${said}`));
      for (const entry of entries) if (nameOf(entry) !== undefined) named.push({ entry, imageID });
    }
  }
  return { items, named, warnings };
}

/** Entries by all that they may be meant by. */
function bySpelling(entries: readonly Descriptor[]): ReadonlyMap<string, readonly Descriptor[]> {
  const found = new Map<string, Descriptor[]>();
  for (const entry of entries)
    for (const name of spellingsOf(entry)) {
      const same = found.get(name);
      if (same === undefined) found.set(name, [entry]);
      else same.push(entry);
    }
  return found;
}

/** The IDs of the images that entries lead to together. */
function imageIDsUnder(graph: Graph, entries: readonly Descriptor[]): ReadonlySet<Digest> {
  const seen = new Set<GraphNode>();
  for (const entry of entries) for (const _ of nodesUnder(graph, entry, seen));
  return new Set([...seen].flatMap(node => manifestIn(node)?.value.config.digest ?? []));
}

/** The names of docker's that the layout does not give to the same image: in any spelling, or as the tag alone. */
function unsaid(graph: Graph, listed: readonly Descriptor[], named: readonly Named[]): readonly Descriptor[] {
  const known = bySpelling(listed);
  const found = new Map<string, ReadonlySet<Digest>>();
  const imageIDsOf = (name: string): ReadonlySet<Digest> => {
    const imageIDs = found.get(name) ?? imageIDsUnder(graph, known.get(name) ?? []);
    found.set(name, imageIDs);
    return imageIDs;
  };
  const others = named.filter(({ entry, imageID }) => {
    const names = [...spellingsOf(entry), entry.annotations?.[annotationKeys.refName] ?? ''];
    return !names.some(name => imageIDsOf(name).has(imageID));
  });
  return [...new Map(others.map(({ entry }) => [nameOf(entry), entry])).values()];
}

/** Two images cannot have one name. */
function checkNames(listed: readonly Descriptor[], others: readonly Descriptor[], subject: string): void {
  const names = bySpelling(listed);
  for (const entry of others) {
    const other = spellingsOf(entry)
      .flatMap(name => names.get(name) ?? [])
      .find(({ digest }) => digest !== entry.digest);
    if (other !== undefined)
      throw new OciError(
        'conflict',
        `${subject}:${nameOf(entry)}`,
        `expected one image of that name, got ${other.digest} in index.json and ${entry.digest} in manifest.json`,
      );
  }
}

/** Both as one place: what the layout has is read there. */
function together(oci: ImageSource, docker: ImageSource): Omit<ImageSource, 'index'> {
  const holder = async (descriptor: Descriptor): Promise<ImageSource> =>
    (await docker.has(descriptor)) && !(await oci.has(descriptor)) ? docker : oci;
  return {
    subject: oci.subject,
    isConverted: true,
    ...(docker.warnings === undefined ? {} : { warnings: docker.warnings }),
    ...(oci.holdings === undefined ? {} : { holdings: oci.holdings }),
    has: async descriptor => (await oci.has(descriptor)) || docker.has(descriptor),
    async *open(descriptor) {
      yield* (await holder(descriptor)).open(descriptor);
    },
    read: async (descriptor, limit) => (await holder(descriptor)).read(descriptor, limit),
    fileOf: descriptor => oci.fileOf(descriptor) ?? docker.fileOf(descriptor),
  };
}

/**
 * An archive that is an image layout and has docker's `manifest.json` beside it, as docker from version 25 on writes it: the
 * images of `index.json`, and the images and the names that only `manifest.json` lists, so that none is lost. Throws as the two
 * alone, and `conflict` where they give one name to different images.
 */
export async function openUniversalArchive(archive: Archive): Promise<ImageSource> {
  const oci = await openOciArchive(archive);
  if (archive.find('manifest.json') === undefined) return oci;
  const graph = await graphOf(oci);
  const { items, named, warnings } = await besideOf(archive, graph);
  const { value } = await oci.index();
  const names = unsaid(graph, value.manifests, named);
  if (items.length === 0 && names.length === 0) return oci;
  const docker = items.length === 0 ? undefined : await openItems(archive, items);
  const others = (await docker?.index())?.value.manifests ?? [];
  checkNames(value.manifests, [...names, ...others], archive.subject);
  // Who has no name takes one that it is given.
  const digests = new Set(names.map(({ digest }) => digest));
  const kept = value.manifests.filter(entry => nameOf(entry) !== undefined || !digests.has(entry.digest));
  const index = { ...value, manifests: [...kept, ...names, ...others] };
  const document = encodeDocument(index, value.mediaType ?? mediaTypes.index);
  const source = docker === undefined ? oci : together(oci, docker);
  return { ...source, warnings: [...warnings, ...(source.warnings ?? [])], index: async () => document };
}

/**
 * Docker's part of an archive, which may be a layout as well. What the layout says of the same images has been said, and is taken
 * as `openUniversalArchive` takes it. Throws as `openDockerArchive`.
 */
export async function openDockerPart(archive: Archive): Promise<ImageSource> {
  const docker = await openDockerArchive(archive);
  return (await isSaidBeside(archive, docker)) ? { ...docker, isConverted: false } : docker;
}
