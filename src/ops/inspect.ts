import { readManifest } from '../graph/image-reader.ts';
import { pickImage } from '../graph/pick-image.ts';
import { artifactObject } from '../image/artifact.ts';
import { inspectObject } from '../image/inspect.ts';
import { layersOf } from '../image/layers.ts';
import { isConfigType, isManifestType } from '../spec/media-type.ts';
import { displayName } from '../spec/name.ts';
import type { Descriptor, ImageIndex } from '../spec/objects.ts';
import { openImage, openNamed } from '../store/locate.ts';
import type { ReadOptions } from './options.ts';

/** Docker's RepoTags and RepoDigests: every name in the layout that stands for this image. */
function namesFor(index: ImageIndex, named: Descriptor): { repoTags: string[]; repoDigests: string[] } {
  const names = index.manifests
    .filter(entry => entry.digest === named.digest)
    .map(displayName)
    .filter(({ tag }) => tag !== null);
  const repositories = new Set(names.flatMap(({ repository }) => (repository === null ? [] : [repository])));
  return {
    repoTags: names.map(({ repository, tag }) => (repository === null ? `${tag}` : `${repository}:${tag}`)).sort(),
    repoDigests: [...repositories].sort().map(repository => `${repository}@${named.digest}`),
  };
}

async function inspectOne(text: string, options: ReadOptions): Promise<object> {
  const { source, named } = await openNamed(text);
  const names = namesFor((await source.index()).value, named);
  if (isManifestType(named.mediaType)) {
    const manifest = await readManifest(source, named);
    if (!isConfigType(manifest.value.config.mediaType)) return artifactObject(manifest, names);
  }
  const { image } = await pickImage(source, named, { ...options, subject: text });
  layersOf(image);
  return inspectObject(image, names);
}

/** What `docker image inspect` says of each image: one object each, in docker's shape. An artifact's says what it holds. */
export async function inspect(images: readonly string[], options: ReadOptions = {}): Promise<object[]> {
  const objects: object[] = [];
  for (const text of images) objects.push(await inspectOne(text, options));
  return objects;
}

/** The exact bytes of a place's index, or of an image's manifest or config. */
export async function inspectRaw(
  image: string,
  what: 'index' | 'manifest' | 'config',
  options: ReadOptions = {},
): Promise<Uint8Array> {
  if (what === 'index') return (await (await openNamed(image)).source.index()).bytes;
  return (await openImage(image, options)).image[what].bytes;
}
