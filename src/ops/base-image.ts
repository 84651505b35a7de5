import { invalid, usage } from '../errors.ts';
import { readIndex } from '../graph/image-reader.ts';
import { proveLayers } from '../graph/layer-bytes.ts';
import type { ImageSource } from '../graph/source.ts';
import { runImageLayers } from '../image/buildpacks.ts';
import { layersOf } from '../image/layers.ts';
import { firstForeignLayer } from '../image/rebase.ts';
import { annotationKeys } from '../spec/annotations.ts';
import { isIndexType } from '../spec/media-type.ts';
import type { Annotations, Image } from '../spec/objects.ts';
import { formatPlatform, isPlatformText } from '../spec/platform.ts';
import { type OpenedImage, type OpenPlaces, openNamed, pickNamed } from '../store/open-operand.ts';
import { type ImageOperand, parseOperand, subjectOf } from '../store/parse-operand.ts';

/** What the index above an image says of it; nothing where there is no index. */
async function saidAbove(operand: ImageOperand, places: OpenPlaces): Promise<Annotations> {
  const { named, source } = await openNamed(operand, places);
  return isIndexType(named.mediaType) ? ((await readIndex(source, named)).value.annotations ?? {}) : {};
}

/** A base that is known by how many of an image's lowest layers are its own. */
interface LowestLayers {
  readonly layers: number;
}

export const isLowestLayers = (base: ImageOperand | LowestLayers): base is LowestLayers =>
  typeof base === 'object' && 'layers' in base;

/**
 * Which of an image's layers are its base's, as a label of buildpacks says; else where the image, or the index that it is in, says that the base is,
 * in its own place. Throws `usage` where all say nothing of it.
 */
export async function knownBase(
  image: Image,
  operand: ImageOperand,
  places: OpenPlaces,
): Promise<ImageOperand | LowestLayers> {
  const layers = runImageLayers(image);
  if (layers !== undefined) return { layers };
  const own = image.manifest.value.annotations?.[annotationKeys.baseDigest];
  const digest = own ?? (await saidAbove(operand, places))[annotationKeys.baseDigest];
  if (digest === undefined)
    throw usage(
      subjectOf(operand),
      `expected an image with annotation ${annotationKeys.baseDigest}, got one without`,
      'give the base: rebase with option oldBase',
    );
  const { kind, path } = parseOperand(operand, 'read').place;
  return { path, digest, ...(kind === undefined ? {} : { kind }) };
}

/** The base, in what an operand names, for the platform of an image. Throws as `openNamed` and `pickImage`, and `invalid` where what the image says of its platform is none. */
export async function openBaseFor(operand: ImageOperand, image: Image, places: OpenPlaces): Promise<OpenedImage> {
  const { os, architecture } = image.config.value;
  // Some images do not say what they are for.
  const platform = os && architecture ? formatPlatform(image.config.value) : undefined;
  if (platform !== undefined && !isPlatformText(platform)) {
    const subject = `config ${image.config.descriptor.digest}`;
    throw invalid(subject, 'os and architecture in words, such as linux and arm64', `'${platform.slice(0, 64)}'`);
  }
  return pickNamed(await openNamed(operand, places), { platform });
}

/**
 * The position of the first layer of a base that an image has not, or undefined where it is made on it. A layer that both store
 * alike is one; of others both diffIDs are claims, and have to be proved.
 */
export async function provenForeignLayer(
  { source, image }: { readonly source: ImageSource; readonly image: Image },
  base: { readonly source: ImageSource; readonly image: Image },
): Promise<number | undefined> {
  const foreign = firstForeignLayer(image, base.image);
  const [own, below] = [layersOf(image), layersOf(base.image)].map(layers => layers.slice(0, foreign ?? layers.length));
  const isOther = (at: number): boolean => own?.[at]?.descriptor.digest !== below?.[at]?.descriptor.digest;
  const others = (below ?? []).flatMap((_, at) => (isOther(at) ? [at] : []));
  await proveLayers(
    source,
    others.flatMap(at => own?.[at] ?? []),
  );
  await proveLayers(
    base.source,
    others.flatMap(at => below?.[at] ?? []),
  );
  return foreign;
}
