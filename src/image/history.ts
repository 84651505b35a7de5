import { invalid } from '../errors.ts';
import type { History, Image, Layer } from '../spec/objects.ts';
import { layersOf } from './layers.ts';

/** One line of an image's history. */
interface HistoryLine {
  /** RFC 3339. */
  readonly created: string | null;
  readonly createdBy: string;
  readonly comment: string;
  readonly author: string;
  readonly emptyLayer: boolean;
  /** Null where the line made no layer. */
  readonly layer: Layer | null;
  /** Stored bytes of the layer, else 0. */
  readonly size: number;
}

/**
 * An image's history, newest first, each line with the layer it made. Layers that no line speaks of get a line without
 * text. Throws `invalid` where there are more lines than layers, or diffIDs and layers differ in number (image-spec config.md).
 */
export function historyOf(image: Image): HistoryLine[] {
  const layers = layersOf(image);
  const rows: History[] = [...(image.config.value.history ?? [])];
  const described = rows.filter(row => row.empty_layer !== true).length;
  if (described > layers.length) {
    throw invalid(
      `config ${image.config.descriptor.digest}`,
      `at most ${layers.length} lines of history with a layer`,
      `${described} (too many non-empty layers in History section)`,
    );
  }
  for (let index = described; index < layers.length; index += 1) rows.push({});
  let next = 0;
  const lines = rows.map(row => lineOf(row, row.empty_layer === true ? undefined : layers[next++]));
  return lines.reverse();
}

function lineOf(row: History, layer: Layer | undefined): HistoryLine {
  return {
    created: row.created ?? null,
    createdBy: row.created_by ?? '',
    comment: row.comment ?? '',
    author: row.author ?? '',
    emptyLayer: layer === undefined,
    layer: layer ?? null,
    size: layer?.descriptor.size ?? 0,
  };
}
