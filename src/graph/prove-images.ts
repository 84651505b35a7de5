import { layersOf } from '../image/layers.ts';
import { isConfigType } from '../spec/media-type.ts';
import { readImageOf } from './image-reader.ts';
import { proveLayers } from './layer-bytes.ts';
import type { ImageSource } from './source.ts';
import type { Graph } from './walk.ts';

/**
 * Proves the layers of every image that a walk met. For manifests that were made of something else, whose layers and diffIDs
 * nobody has vouched for yet (docker's archives). Throws `invalid` for a lying diffID.
 */
export async function proveImages(source: ImageSource, { nodes }: Graph): Promise<void> {
  for (const node of nodes) {
    if (node.kind !== 'manifest' || node.document === undefined) continue;
    if (!isConfigType(node.document.value.config.mediaType)) continue;
    await proveLayers(source, layersOf(await readImageOf(source, node.document)));
  }
}
