import { proveLayers } from '../graph/layer-bytes.ts';
import { layersOf } from '../image/layers.ts';
import { firstForeignLayer } from '../image/rebase.ts';
import type { Image } from '../spec/objects.ts';
import { formatPlatform } from '../spec/platform.ts';
import { type OpenedImage, type OpenPlaces, openNamed, pickNamed } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import type { ImageSource } from '../graph/source.ts';

/** The base, in what an operand names, for the platform of an image. Throws as `openNamed` and `pickImage`. */
export async function openBaseFor(operand: ImageOperand, image: Image, places: OpenPlaces): Promise<OpenedImage> {
  return pickNamed(await openNamed(operand, places), { platform: formatPlatform(image.config.value) });
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
  await proveLayers(source, others.flatMap(at => own?.[at] ?? []));
  await proveLayers(base.source, others.flatMap(at => below?.[at] ?? []));
  return foreign;
}
