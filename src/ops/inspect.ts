import { inspectObject } from '../image/inspect.ts';
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

/** What `docker image inspect` says of each image: one object each, in docker's shape. */
export async function inspect(images: readonly string[], options: ReadOptions = {}): Promise<object[]> {
  const objects: object[] = [];
  for (const text of images) {
    const { store, image, named } = await openImage(text, options);
    objects.push(inspectObject(image, namesFor((await store.index()).value, named)));
  }
  return objects;
}

/** The exact bytes of a place's index, or of an image's manifest or config. */
export async function inspectRaw(
  image: string,
  what: 'index' | 'manifest' | 'config',
  options: ReadOptions = {},
): Promise<Uint8Array> {
  if (what === 'index') return (await (await openNamed(image)).store.index()).bytes;
  return (await openImage(image, options)).image[what].bytes;
}
