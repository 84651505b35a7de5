import { readManifest } from '../graph/image-reader.ts';
import { artifactObject } from '../image/artifact.ts';
import { type InspectObject, inspectObject } from '../image/inspect.ts';
import { layersOf } from '../image/layers.ts';
import { isConfigType, isIndexType, isManifestType } from '../spec/media-type.ts';
import { displayName } from '../spec/name.ts';
import { type NamedImage, OpenPlaces, openNamed, openPlace, pickNamed, withNamed } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { oneOf } from './call-kinds.ts';
import { checkCall } from './check-call.ts';
import type { InspectOptions, ReadOptions } from './options.ts';
import { allOf, answers, type Several } from './several.ts';

/** Docker's RepoTags and RepoDigests: every name in the layout that stands for this image. */
function namesFor({ index, named, entries }: NamedImage): { repoTags: string[]; repoDigests: string[] } {
  const names = index.value.manifests
    .filter(entry => entry.digest === named.digest || entries.includes(entry))
    .map(displayName)
    .filter(({ tag }) => tag !== null);
  const repositories = new Set(names.flatMap(({ repository }) => (repository === null ? [] : [repository])));
  const tags = names.map(({ repository, tag }) => (repository === null ? `${tag}` : `${repository}:${tag}`));
  return {
    repoTags: [...new Set(tags)].sort(),
    repoDigests: [...repositories].sort().map(repository => `${repository}@${named.digest}`),
  };
}

async function inspectOne(opened: NamedImage, options: ReadOptions): Promise<InspectObject> {
  const { source, named } = opened;
  const names = namesFor(opened);
  if (isManifestType(named.mediaType)) {
    const manifest = await readManifest(source, named);
    if (!isConfigType(manifest.value.config.mediaType)) return artifactObject(manifest, names);
  }
  const { image } = await pickNamed(opened, options);
  layersOf(image);
  return inspectObject(image, names);
}

/** What `docker image inspect` says of each image: one object each, in docker's shape. An artifact's says what it holds. */
export async function inspect(images: Several<ImageOperand>, options: InspectOptions = {}): Promise<InspectObject[]> {
  checkCall('inspect', { images: ['operands', images] }, options);
  const places = new OpenPlaces(options);
  return [
    ...(await answers(allOf(images), options, async image => inspectOne(await openNamed(image, places), options))),
  ];
}

/** The index that an operand names, where what it names is one; else that of its place. */
async function indexBytes(image: ImageOperand, places: OpenPlaces): Promise<Uint8Array> {
  const opened = await openPlace(image, places);
  const { name, digest } = opened.place;
  if (name === undefined && digest === undefined) return opened.index.bytes;
  const { named, source } = await withNamed(opened);
  return isIndexType(named.mediaType) ? source.read(named) : opened.index.bytes;
}

/**
 * The exact bytes of an index (the one that is named, else the place's), or of a manifest or config, whatever they are of: an
 * image, an artifact, an entry of a type that nobody knows.
 */
export async function inspectRaw(
  image: ImageOperand,
  what: 'index' | 'manifest' | 'config',
  options: ReadOptions = {},
): Promise<Uint8Array> {
  checkCall('inspectRaw', { image: ['operand', image], what: [oneOf('index', 'manifest', 'config'), what] }, options);
  const places = new OpenPlaces(options);
  if (what === 'index') return indexBytes(image, places);
  const opened = await openNamed(image, places);
  const { source, named } = opened;
  const isPicked = isIndexType(named.mediaType) || options.platform !== undefined;
  const manifest = isPicked ? (await pickNamed(opened, options)).descriptor : named;
  if (what === 'manifest') return source.read(manifest);
  return source.read((await readManifest(source, manifest)).value.config);
}
