import { OciError } from '../../errors.ts';
import type { ImageSource } from '../../graph/source.ts';
import { walk } from '../../graph/walk.ts';
import { annotationKeys } from '../../spec/annotations.ts';
import type { Digest } from '../../spec/digest.ts';
import { encodeDocument } from '../../spec/document.ts';
import { mediaTypes } from '../../spec/media-type.ts';
import { nameOf, spellingsOf, withName } from '../../spec/name.ts';
import type { Descriptor, Document, Manifest } from '../../spec/objects.ts';
import type { Archive } from './archive.ts';
import { type DockerItem, entriesOf, imageIDOf, openDockerArchive, openItems, readItems } from './docker-archive.ts';
import { openOciArchive } from './oci-archive.ts';

type Manifests = readonly Document<Manifest>[];

/** The manifests that entries lead to. */
async function manifestsOf(source: ImageSource, entries: Iterable<Descriptor>): Promise<Manifests> {
  const { nodes } = await walk(source, [...entries]);
  return nodes.flatMap(node => (node.kind === 'manifest' && node.document ? [node.document] : []));
}

/** The manifests of a whole place. */
const manifestsIn = async (source: ImageSource): Promise<Manifests> =>
  manifestsOf(source, (await source.index()).value.manifests);

const partsOf = ({ value: { config, layers } }: Document<Manifest>): string =>
  [config, ...layers].map(({ digest }) => digest).join(' ');

/** Whether a layout in the same archive says of each image what docker's part says: the same config over the same layers. */
async function isSaidBeside(archive: Archive, docker: ImageSource): Promise<boolean> {
  if (archive.find('oci-layout') === undefined) return false;
  try {
    const known = new Set((await manifestsIn(await openOciArchive(archive))).map(partsOf));
    return (await manifestsIn(docker)).every(manifest => known.has(partsOf(manifest)));
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

async function besideOf(archive: Archive, oci: ImageSource): Promise<Beside> {
  const known = new Map((await manifestsIn(oci)).map(({ value, descriptor }) => [value.config.digest, descriptor]));
  const items: DockerItem[] = [];
  const named: Named[] = [];
  const warnings: string[] = [];
  for (const item of await readItems(archive)) {
    const imageID = await imageIDOf(archive, item);
    const manifest = imageID === undefined ? undefined : known.get(imageID);
    if (imageID === undefined || manifest === undefined) items.push(item);
    else {
      const entries = entriesOf(manifest, item, said => warnings.push(`${archive.subject}: manifest.json: ${said}`));
      named.push(...entries.filter(entry => nameOf(entry) !== undefined).map(entry => ({ entry, imageID })));
    }
  }
  return { items, named, warnings };
}

/** Entries by all that they may be meant by. */
function bySpelling(entries: readonly Descriptor[]): ReadonlyMap<string, readonly Descriptor[]> {
  const found = new Map<string, Descriptor[]>();
  for (const entry of entries)
    for (const name of spellingsOf(entry)) found.set(name, [...(found.get(name) ?? []), entry]);
  return found;
}

/** The names of docker's that the layout does not give to the same image: in any spelling, or as the tag alone. */
async function unsaid(oci: ImageSource, named: readonly Named[]): Promise<readonly Descriptor[]> {
  const known = bySpelling((await oci.index()).value.manifests);
  const found: Descriptor[] = [];
  for (const { entry, imageID } of named) {
    const names = [...spellingsOf(entry), entry.annotations?.[annotationKeys.refName] ?? ''];
    const meant = await manifestsOf(oci, new Set(names.flatMap(name => known.get(name) ?? [])));
    if (!meant.some(({ value }) => value.config.digest === imageID)) found.push(entry);
  }
  return found;
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
  const { items, named, warnings } = await besideOf(archive, oci);
  const names = await unsaid(oci, named);
  if (items.length === 0 && names.length === 0) return oci;
  const docker = items.length === 0 ? undefined : await openItems(archive, items);
  const others = (await docker?.index())?.value.manifests ?? [];
  const { value } = await oci.index();
  checkNames(value.manifests, [...names, ...others], archive.subject);
  const called = names.reduce((index, entry) => withName(index, nameOf(entry) as string, entry), value);
  const index = { ...called, manifests: [...called.manifests, ...others] };
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
