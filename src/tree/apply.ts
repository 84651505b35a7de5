import { Draft } from './draft.ts';
import type { LayerEntry, Tree } from './node.ts';

/** The root filesystem that a layer makes of the one below it (image-spec layer.md, "Applying Changesets"). Throws as `Draft.apply`. */
export function applyLayer(below: Tree, layer: Iterable<LayerEntry>, subject = 'layer'): Tree {
  const draft = new Draft(below, subject);
  draft.beginLayer();
  for (const entry of layer) draft.apply(entry);
  return draft.tree();
}
