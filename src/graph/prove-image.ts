import { layersOf } from '../image/layers.ts';
import { isConfigType, isLayerType } from '../spec/media-type.ts';
import type { Image, Layer } from '../spec/objects.ts';
import { readImageOf } from './image-reader.ts';
import { proveLayers } from './layer-bytes.ts';
import type { ImageSource } from './source.ts';
import type { Graph } from './walk.ts';

/** Whether a layer can be read here: what is no tar, or is to be fetched elsewhere, nobody can look at. */
async function isReadable(source: ImageSource, { descriptor }: Layer): Promise<boolean> {
  if (!isLayerType(descriptor.mediaType)) return false;
  return (descriptor.urls ?? []).length === 0 || source.has(descriptor);
}

async function proveReadable(source: ImageSource, layers: readonly Layer[]): Promise<void> {
  for (const layer of layers) if (await isReadable(source, layer)) await proveLayers(source, [layer]);
}

/** Proves all layers of an image. Throws `invalid` for a lying diffID. */
export function proveImage(source: ImageSource, image: Image): Promise<void> {
  return proveReadable(source, layersOf(image));
}

/**
 * Proves the layers that an image keeps of the one it was made of, where it has a layer of its own: whoever puts a layer to others
 * vouches for what they come to. An edit of documents reads none, and says of layers what was said before. Throws as `proveImage`.
 */
export async function proveKept(source: ImageSource, before: Image, after: Image): Promise<void> {
  const known = new Set(layersOf(before).map(({ descriptor }) => descriptor.digest));
  const layers = layersOf(after);
  const kept = layers.filter(({ descriptor }) => known.has(descriptor.digest));
  if (kept.length < layers.length) await proveReadable(source, kept);
}

/**
 * Proves the layers of every image that a walk met in a source whose manifests were made of something else, so that nobody has
 * vouched for layers and diffIDs yet (docker's archives); what any other source says is its own. Throws as `proveImage`.
 */
export async function proveConverted(source: ImageSource, { nodes }: Graph): Promise<void> {
  if (source.isConverted !== true) return;
  for (const node of nodes) {
    if (node.kind !== 'manifest' || node.document === undefined) continue;
    if (!isConfigType(node.document.value.config.mediaType)) continue;
    await proveImage(source, await readImageOf(source, node.document));
  }
}
