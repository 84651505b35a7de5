import { notFound } from '../errors.ts';
import { readImage } from '../graph/image-reader.ts';
import { listManifests } from '../graph/walk.ts';
import { isIndexType } from '../spec/media-type.ts';
import type { Descriptor } from '../spec/objects.ts';
import { formatPlatform } from '../spec/platform.ts';
import { type NamedImage, OpenPlaces, openNamed, pickNamed } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { isLowestLayers, knownBase, openBaseFor, provenForeignLayer } from './base-image.ts';
import { checkCall } from './check-call.ts';
import type { CheckBaseOptions } from './layer-options.ts';
import type { BasedImage, CheckBaseResult } from './layer-results.ts';

async function manifestsOf(opened: NamedImage, options: CheckBaseOptions): Promise<readonly Descriptor[]> {
  const { named, source, subject } = opened;
  if (options.platform !== undefined || !isIndexType(named.mediaType))
    return [(await pickNamed(opened, options)).descriptor];
  const manifests = await listManifests(source, [named]);
  if (manifests.length === 0) throw notFound(subject, 'an image', 'the index lists none');
  return manifests;
}

/**
 * Whether an image is made on a base: whether the base's layers are its lowest ones, by diffID, in every platform that it has, or the one that is
 * asked for. Without a base it is what the annotation org.opencontainers.image.base.digest of the image, or of its index, names, or the layers that a label of buildpacks does. Throws `not-found` where the base has not the platform, and what is wrong with either.
 */
export async function checkBase(
  image: ImageOperand,
  base?: ImageOperand,
  options: CheckBaseOptions = {},
): Promise<CheckBaseResult> {
  checkCall('checkBase', { image: ['operand', image], base: ['operand?', base] }, options);
  const places = new OpenPlaces(options);
  const opened = await openNamed(image, places);
  const images: BasedImage[] = [];
  for (const descriptor of await manifestsOf(opened, options)) {
    const read = await readImage(opened.source, descriptor);
    const part = { source: opened.source, image: read };
    const known = base ?? (await knownBase(part.image, image, places));
    // What the image itself says of its own layers is so.
    const foreign = isLowestLayers(known)
      ? undefined
      : await provenForeignLayer(part, await openBaseFor(known, read, places));
    images.push({
      platform: formatPlatform(read.config.value),
      isBased: foreign === undefined,
      layer: foreign === undefined ? null : foreign + 1,
    });
  }
  return { isBased: images.every(({ isBased }) => isBased), images };
}
