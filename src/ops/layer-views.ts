import { historyOf } from '../image/history.ts';
import type { Image } from '../spec/objects.ts';
import type { LayerView } from './look-results.ts';

/** An image's layers, bottom first, each with the line of history that made it. */
export function layerViews(image: Image): readonly LayerView[] {
  const views: LayerView[] = [];
  for (const { layer, created, createdBy, comment, size } of historyOf(image).reverse()) {
    if (layer === null) continue;
    const { descriptor, diffID } = layer;
    views.push({ layer: views.length + 1, digest: descriptor.digest, diffID, size, created, createdBy, comment });
  }
  return views;
}
