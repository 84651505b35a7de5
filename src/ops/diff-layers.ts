import { unsupported } from '../errors.ts';
import { diffLayerLists } from '../image/layers-diff.ts';
import { locate } from '../store/locate.ts';
import { OpenPlaces, pickNamed, withNamed } from '../store/open-operand.ts';
import { type Operand, subjectOf } from '../store/parse-operand.ts';
import { checkCall } from './check-call.ts';
import type { LayerDiffResult } from './diff-results.ts';
import { layerViews } from './layer-views.ts';
import type { LayerView } from './look-results.ts';
import type { ReadOptions } from './options.ts';

const gotWords = { bundle: 'a bundle', rootfs: 'a directory', tar: 'a tar' } as const;

async function layersOf(operand: Operand, options: ReadOptions, places: OpenPlaces): Promise<readonly LayerView[]> {
  const place = await locate(operand, places);
  if (place.kind !== 'image')
    throw unsupported(subjectOf(operand), 'an image, whose layers can be compared', `${gotWords[place.kind]} without`);
  return layerViews((await pickNamed(await withNamed(place), options)).image);
}

/**
 * Two images' layers side by side, by what their configs say that they are: the same, changed, added, gone. No layer is read. Throws `unsupported`
 * for what has no layers.
 */
export async function diffLayers(before: Operand, after: Operand, options: ReadOptions = {}): Promise<LayerDiffResult> {
  checkCall('diffLayers', { before: ['operand', before], after: ['operand', after] }, options);
  const places = new OpenPlaces(options);
  const [lower, upper] = [await layersOf(before, options, places), await layersOf(after, options, places)];
  const pairs = diffLayerLists(lower, upper);
  return { layers: pairs.map(({ kind, before, after }) => ({ kind, before: before ?? null, after: after ?? null })) };
}
