import { OciError } from '../../errors.ts';
import type { ImageSource } from '../../graph/source.ts';
import { walk } from '../../graph/walk.ts';
import { encodeDocument } from '../../spec/document.ts';
import { mediaTypes } from '../../spec/media-type.ts';
import { nameOf } from '../../spec/name.ts';
import type { Descriptor, Document, ImageIndex, Manifest } from '../../spec/objects.ts';
import type { Archive } from './archive.ts';
import { type DockerItem, imageIDOf, openDockerArchive, openItems, readItems } from './docker-archive.ts';
import { openOciArchive } from './oci-archive.ts';

/** The manifests that an index leads to. */
async function manifestsIn(source: ImageSource, { value }: Document<ImageIndex>): Promise<readonly Manifest[]> {
  const { nodes } = await walk(source, value.manifests);
  return nodes.flatMap(node => (node.kind === 'manifest' && node.document ? [node.document.value] : []));
}

/** The IDs of the images that a layout's index leads to. */
async function imageIDsIn(source: ImageSource, index: Document<ImageIndex>): Promise<ReadonlySet<string>> {
  return new Set((await manifestsIn(source, index)).map(({ config }) => config.digest));
}

const partsOf = ({ config, layers }: Manifest): string => [config, ...layers].map(({ digest }) => digest).join(' ');

/** Whether a layout in the same archive says of each image what docker's part says: the same config over the same layers. */
async function isSaidBeside(archive: Archive, docker: ImageSource): Promise<boolean> {
  if (archive.find('oci-layout') === undefined) return false;
  try {
    const oci = await openOciArchive(archive);
    const known = new Set((await manifestsIn(oci, await oci.index())).map(partsOf));
    return (await manifestsIn(docker, await docker.index())).every(manifest => known.has(partsOf(manifest)));
  } catch (error) {
    // A damaged layout says nothing: docker's part stands alone.
    if (error instanceof OciError) return false;
    throw error;
  }
}

async function itemsBeside(archive: Archive, known: ReadonlySet<string>): Promise<readonly DockerItem[]> {
  const items: DockerItem[] = [];
  for (const item of await readItems(archive)) {
    const imageID = await imageIDOf(archive, item);
    if (imageID === undefined || !known.has(imageID)) items.push(item);
  }
  return items;
}

/** Two images cannot have one name. */
function checkNames(listed: readonly Descriptor[], others: readonly Descriptor[], subject: string): void {
  const names = new Map(listed.map(entry => [nameOf(entry), entry.digest]));
  for (const entry of others) {
    const name = nameOf(entry);
    const other = name === undefined ? undefined : names.get(name);
    if (other !== undefined && other !== entry.digest)
      throw new OciError(
        'conflict',
        `${subject}:${name}`,
        `expected one image of that name, got ${other} in index.json and ${entry.digest} in manifest.json`,
      );
  }
}

/** Both as one place: what the layout has is read there. */
function together(oci: ImageSource, docker: ImageSource, index: Document<ImageIndex>): ImageSource {
  const holder = async (descriptor: Descriptor): Promise<ImageSource> =>
    (await docker.has(descriptor)) && !(await oci.has(descriptor)) ? docker : oci;
  return {
    subject: oci.subject,
    isConverted: true,
    warnings: docker.warnings ?? [],
    index: async () => index,
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
 * images of `index.json`, and those that only `manifest.json` lists, so that none is lost. Throws as the two alone, and
 * `conflict` where they give one name to different images.
 */
export async function openUniversalArchive(archive: Archive): Promise<ImageSource> {
  const oci = await openOciArchive(archive);
  if (archive.find('manifest.json') === undefined) return oci;
  const index = await oci.index();
  const items = await itemsBeside(archive, await imageIDsIn(oci, index));
  if (items.length === 0) return oci;
  const docker = await openItems(archive, items);
  const others = (await docker.index()).value.manifests;
  checkNames(index.value.manifests, others, archive.subject);
  const value: ImageIndex = { ...index.value, manifests: [...index.value.manifests, ...others] };
  return together(oci, docker, encodeDocument(value, index.value.mediaType ?? mediaTypes.index));
}

/**
 * Docker's part of an archive, which may be a layout as well. What the layout says of the same images has been said, and is taken
 * as `openUniversalArchive` takes it. Throws as `openDockerArchive`.
 */
export async function openDockerPart(archive: Archive): Promise<ImageSource> {
  const docker = await openDockerArchive(archive);
  return (await isSaidBeside(archive, docker)) ? { ...docker, isConverted: false } : docker;
}
