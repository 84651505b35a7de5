import { emptySink, readLayer } from '../codec/layer-reader.ts';
import type { LayerTar } from '../codec/tree-writer.ts';
import type { Layer } from '../spec/objects.ts';
import { Draft } from '../tree/draft.ts';
import { emptyTree, type Tree } from '../tree/node.ts';
import { layerBytes } from './layer-bytes.ts';
import type { ImageSource } from './source.ts';

/** The merged root filesystem of a stack of layers, each blob's digest, size and diffID checked. */
export async function readMergedTree(source: ImageSource, layers: readonly Layer[]): Promise<Tree> {
  const draft = new Draft(emptyTree(), source.subject);
  for (const layer of layers) {
    draft.beginLayer();
    const origin = { identity: layer.diffID, subject: `${source.subject}: layer ${layer.descriptor.digest}` };
    await readLayer(layerBytes(source, layer), origin, {
      ...emptySink,
      entry: entry => void draft.apply(entry),
    });
  }
  return draft.tree();
}

/** A layer to be read, once or again. */
export function layerTar(source: ImageSource, layer: Layer): LayerTar {
  const subject = `${source.subject}: layer ${layer.descriptor.digest}`;
  return { identity: layer.diffID, subject, open: () => layerBytes(source, layer) };
}
