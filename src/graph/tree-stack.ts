import { emptySink, readLayer } from '../codec/layer-reader.ts';
import type { Layer } from '../spec/objects.ts';
import { Draft } from '../tree/draft.ts';
import { emptyTree, type LayerEntry, type Tree } from '../tree/node.ts';
import type { Operation } from '../tree/operation.ts';
import { layerBytes, layerOrigin } from './layer-bytes.ts';
import type { ImageSource } from './source.ts';

/** What is told of each entry: the layer's number, 0 for the lowest, and what the entry does. */
type Seen = (layer: number, entry: LayerEntry, operations: readonly Operation[]) => void;

/**
 * The merged trees after each of these layers, bottom first, before them the empty one: metadata only, and what a layer does not
 * touch is the same object as below it. Each blob's digest, size and diffID are checked.
 */
export async function readTreeStack(
  source: ImageSource,
  layers: readonly Layer[],
  seen: Seen = () => undefined,
): Promise<readonly Tree[]> {
  const draft = new Draft(emptyTree(), source.subject);
  const trees: Tree[] = [draft.tree()];
  for (const [number, layer] of layers.entries()) {
    draft.beginLayer();
    await readLayer(layerBytes(source, layer), layerOrigin(source, layer), {
      ...emptySink,
      entry: entry => draft.applying(entry, operations => void seen(number, entry, operations)),
    });
    trees.push(draft.tree());
  }
  return trees;
}
