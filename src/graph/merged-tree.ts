import { emptySink, readLayer } from '../codec/layer-reader.ts';
import type { LayerTar } from '../codec/tree-writer.ts';
import type { Layer } from '../spec/objects.ts';
import { Draft } from '../tree/draft.ts';
import { emptyTree, type Tree } from '../tree/node.ts';
import { layerBytes, layerOrigin } from './layer-bytes.ts';
import type { ImageSource } from './source.ts';

/** The merged root filesystem of a stack of layers, each blob's digest, size and diffID checked. */
export async function readMergedTree(source: ImageSource, layers: readonly Layer[]): Promise<Tree> {
  const draft = new Draft(emptyTree(), source.subject);
  for (const layer of layers) {
    draft.beginLayer();
    await readLayer(layerBytes(source, layer), layerOrigin(source, layer), {
      ...emptySink,
      entry: entry => draft.applying(entry),
    });
  }
  return draft.tree();
}

/** Of a blob of fewer bytes the blocks are not told: what for them is set up takes longer than to compress it. */
const worthTelling = 1 << 16;

/** A layer to be read, once or again. */
export function layerTar(source: ImageSource, layer: Layer): LayerTar {
  const isSmall = layer.descriptor.size < worthTelling;
  const open: LayerTar['open'] = blocks => layerBytes(source, layer, isSmall ? undefined : blocks);
  return { ...layerOrigin(source, layer), open };
}
