import { Draft } from './draft.ts';
import type { LayerEntry, Tree } from './node.ts';
import { eachInParts, type Parts } from './parts.ts';

/** The root filesystem that a layer makes of the one below it (image-spec layer.md, "Applying Changesets"). Throws as `Draft.apply`. */
export function applyLayer(below: Tree, layer: Iterable<LayerEntry>, subject = 'layer'): Tree {
  const draft = new Draft(below, subject);
  draft.beginLayer();
  for (const entry of layer) draft.apply(entry);
  return draft.tree();
}

/** The same in parts. */
export function* applyInParts(below: Tree, layer: Iterable<LayerEntry>, subject = 'layer'): Parts<Tree> {
  const draft = new Draft(below, subject);
  draft.beginLayer();
  yield* eachInParts(layer, entry => draft.applying(entry));
  return draft.tree();
}
