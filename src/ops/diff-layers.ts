import { diffLayerLists } from '../image/layers-diff.ts';
import { OpenPlaces, openImage } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { checkCall } from './check-call.ts';
import type { LayerDiffResult } from './diff-results.ts';
import { layerViews } from './layer-views.ts';
import type { ReadOptions } from './options.ts';

/** Two images' layers side by side, by what their configs say that they are: the same, changed, added, gone. No layer is read. */
export async function diffLayers(
  before: ImageOperand,
  after: ImageOperand,
  options: ReadOptions = {},
): Promise<LayerDiffResult> {
  checkCall('diffLayers', { before: ['operand', before], after: ['operand', after] }, options);
  const places = new OpenPlaces(options);
  const lower = await openImage(before, options, places);
  const upper = await openImage(after, options, places);
  const pairs = diffLayerLists(layerViews(lower.image), layerViews(upper.image));
  return { layers: pairs.map(({ kind, before, after }) => ({ kind, before: before ?? null, after: after ?? null })) };
}
