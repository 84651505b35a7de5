import { join } from 'node:path';
import fc from 'fast-check';
import { applyLayer } from '../tree/apply.ts';
import { emptyTree, type LayerEntry } from '../tree/node.ts';
import { layerTar, makeLayout, putImage, putName } from './layout-files.ts';
import { arbitraryEntries, leniently } from './trees.ts';

type Layers = readonly (readonly LayerEntry[])[];

export const arbitraryLayers: fc.Arbitrary<Layers> = fc.array(arbitraryEntries, { minLength: 1, maxLength: 4 });

/** The writer makes links only to what is earlier in the same layer. */
function isWritable(layer: readonly LayerEntry[], entry: LayerEntry & { kind: 'hardlink' }): boolean {
  return layer
    .slice(0, layer.indexOf(entry))
    .some(other => other.path === entry.target && other.kind === 'node' && other.node.kind !== 'directory');
}

/** The tars of random layers, as far as they apply one over the other. */
function tarsOf(layers: Layers): readonly Uint8Array[] {
  let tree = emptyTree();
  return layers.map(layer => {
    const good = leniently(tree, layer).filter(entry => entry.kind !== 'hardlink' || isWritable(layer, entry));
    const kept = leniently(tree, good);
    tree = applyLayer(tree, kept);
    return layerTar(kept);
  });
}

/** A layout `img` in `place` with the image `app` of random layers and the image `base` of the lowest `below` of them; answers `img:app`. */
export function randomLayout(place: string, layers: Layers, below = 0): string {
  const layout = makeLayout(join(place, 'img'));
  const tars = tarsOf(layers).map(tar => ({ tar, compression: 'none' as const }));
  putName(layout, 'app', putImage(layout, { layers: tars }));
  if (below > 0) putName(layout, 'base', putImage(layout, { layers: tars.slice(0, below) }));
  return `${layout}:app`;
}
