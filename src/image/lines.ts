import { invalid } from '../errors.ts';
import { encodeDocument } from '../spec/document.ts';
import type { History, Image, ImageConfig, Layer, Manifest } from '../spec/objects.ts';
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

/** The same image of other lines: all else of both documents stays. */
export function withLines(image: Image, lines: readonly Line[]): Image {
  const types = mediaTypesOf(image.manifest);
  const layers = lines.flatMap(({ layer }) => (layer === undefined ? [] : [layer]));
  const { rootfs } = image.config.value;
  const value: ImageConfig = {
    ...image.config.value,
    rootfs: { ...rootfs, diff_ids: layers.map(({ diffID }) => diffID) },
    history: lines.map(({ row }) => row),
  };
  const config = encodeDocument(value, types.config);
  const manifest: Manifest = {
    ...image.manifest.value,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => ({ ...descriptor, mediaType: types.layer(descriptor.mediaType) })),
  };
  return { config, manifest: encodeDocument(manifest, types.manifest) };
}
