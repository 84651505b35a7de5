import { emptySink, readLayer } from '../codec/layer-reader.ts';
import type { LayerTar } from '../codec/tree-writer.ts';
import type { Layer } from '../spec/objects.ts';
import { Draft } from '../tree/draft.ts';
import { emptyTree, type Tree } from '../tree/node.ts';
import { layerBytes, verifiedLayerBytes } from './layer-bytes.ts';
import type { ImageSource } from './source.ts';

/** The merged root filesystem of a stack of layers, each blob's digest, size and diffID checked. */
export async function readMergedTree(source: ImageSource, layers: readonly Layer[]): Promise<Tree> {
  const draft = new Draft(emptyTree(), source.subject);
  for (const layer of layers) {
    draft.beginLayer();
    const origin = { identity: layer.diffID, subject: `${source.subject}: layer ${layer.descriptor.digest}` };
    await readLayer(verifiedLayerBytes(source, layer), origin, {
      ...emptySink,
      entry: entry => void draft.apply(entry),
    });
  }
  return draft.tree();
}

/** A layer to be read once, its blob and its diffID checked. */
export function verifiedLayerTar(source: ImageSource, layer: Layer): LayerTar {
  const subject = `${source.subject}: layer ${layer.descriptor.digest}`;
  return { identity: layer.diffID, subject, open: () => verifiedLayerBytes(source, layer) };
}

/** Layers to be read again for their bodies: the diffID is known to be right, the stored blob is checked once more. */
export function layerTars(source: ImageSource, layers: readonly Layer[]): readonly LayerTar[] {
  return layers.map(layer => ({
    identity: layer.diffID,
    subject: `${source.subject}: layer ${layer.descriptor.digest}`,
    open: () => layerBytes(source, layer),
  }));
}
