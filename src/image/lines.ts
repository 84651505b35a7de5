import { invalid } from '../errors.ts';
import type { Descriptor, History, Image, ImageConfig, Layer } from '../spec/objects.ts';
import { withDocuments } from './edit-image.ts';
import { mediaTypesOf } from './image-kind.ts';
import { layersOf } from './layers.ts';

/** A line of an image's history, and the layer that it made. */
export interface Line {
  readonly row: History;
  readonly layer?: Layer | undefined;
}

/**
 * An image as its lines of history, oldest first, each with the layer it made. Layers that no line speaks of get one without text,
 * so that both are in step from here on. Throws `invalid` where there are more lines than layers, or diffIDs and layers differ in number
 * (image-spec config.md).
 */
export function linesOf(image: Image): readonly Line[] {
  const layers = layersOf(image);
  const rows = image.config.value.history ?? [];
  const described = rows.filter(row => row.empty_layer !== true).length;
  if (described > layers.length) {
    throw invalid(
      `config ${image.config.descriptor.digest}`,
      `at most ${layers.length} lines of history with a layer`,
      `${described}`,
    );
  }
  let next = 0;
  const lines = rows.map((row): Line => (row.empty_layer === true ? { row } : { row, layer: layers[next++] }));
  return [...lines, ...layers.slice(described).map(layer => ({ row: {}, layer }))];
}

/** The lines that made a layer, by the layer's number, 0 for the lowest. */
export function layerPositions(lines: readonly Line[]): readonly number[] {
  return lines.flatMap(({ layer }, at) => (layer === undefined ? [] : [at]));
}

/** A line whose layer is elsewhere now, or nowhere. */
export function withoutLayer({ row }: Line): Line {
  return { row: { ...row, empty_layer: true } };
}

/** A layer's descriptor in the words of the image that it goes into. */
function listed(layers: readonly Layer[], image: Image): readonly Descriptor[] {
  const types = mediaTypesOf(image.manifest);
  return layers.map(({ descriptor }) => ({ ...descriptor, mediaType: types.layer(descriptor.mediaType) }));
}

/** The same image of other lines: all else of both documents stays. An image that says nothing of its layers has no history for it. */
export function withLines(image: Image, lines: readonly Line[]): Image {
  const layers = lines.flatMap(({ layer }) => (layer === undefined ? [] : [layer]));
  const { rootfs, history } = image.config.value;
  const isSilent = !history?.length && lines.every(({ row }) => Object.keys(row).length === 0);
  const config: ImageConfig = {
    ...image.config.value,
    rootfs: { ...rootfs, diff_ids: layers.map(({ diffID }) => diffID) },
    ...(isSilent ? {} : { history: lines.map(({ row }) => row) }),
  };
  return withDocuments(image, config, { ...image.manifest.value, layers: listed(layers, image) });
}
