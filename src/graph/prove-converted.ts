import { layersOf } from '../image/layers.ts';
import { isConfigType } from '../spec/media-type.ts';
import { readImageOf } from './image-reader.ts';
import { proveLayers } from './layer-bytes.ts';
import type { ImageSource } from './source.ts';
import type { Graph } from './walk.ts';

/**
 * Proves the layers of every image that a walk met in a source whose manifests were made of something else, so that nobody has
 * vouched for layers and diffIDs yet (docker's archives); what any other source says is its own. Throws `invalid` for a lying
 * diffID.
 */
export async function proveConverted(source: ImageSource, { nodes }: Graph): Promise<void> {
  if (source.isConverted !== true) return;
  for (const node of nodes) {
    if (node.kind !== 'manifest' || node.document === undefined) continue;
    if (!isConfigType(node.document.value.config.mediaType)) continue;
    await proveLayers(source, layersOf(await readImageOf(source, node.document)));
  }
}
