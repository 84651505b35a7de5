import { OciError } from '../errors.ts';
import { readImageOf } from '../graph/image-reader.ts';
import type { ImageSource } from '../graph/source.ts';
import { type Graph, nodesUnder, walk } from '../graph/walk.ts';
import { type Chain, layerTree } from '../image/layer-tree.ts';
import { layersOf } from '../image/layers.ts';
import { isConfigType } from '../spec/media-type.ts';
import { nameOf } from '../spec/name.ts';
import type { Descriptor } from '../spec/objects.ts';
import { formatPlatform } from '../spec/platform.ts';
import { OpenPlaces, openPlace } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import type { Reading } from '../stream/pace.ts';
import { checkCall } from './check-call.ts';
import type { SharedLayers, SharingResult, SharingRow } from './sharing-results.ts';

type Sizes = ReadonlyMap<string, number>;
type NamedImage = SharedLayers['images'][number];

/** The blobs that an entry leads to, by digest. */
function blobsUnder(graph: Graph, entry: Descriptor): Sizes {
  const sizes = new Map<string, number>();
  const add = ({ digest, size }: Descriptor): void => void sizes.set(digest, size);
  for (const node of nodesUnder(graph, entry)) {
    add(node.descriptor);
    if (node.kind === 'manifest' && node.document !== undefined)
      for (const part of graph.parts(node.document.value)) add(part.descriptor);
  }
  return sizes;
}

function rowOf(entry: Descriptor, sizes: Sizes, counts: ReadonlyMap<string, number>): SharingRow {
  let [total, unique] = [0, 0];
  for (const [digest, size] of sizes) {
    total += size;
    if (counts.get(digest) === 1) unique += size;
  }
  return { name: nameOf(entry) ?? null, digest: entry.digest, total, shared: total - unique, unique };
}

/** The images under an entry as chains of layers; what is none (an artifact, an attestation) is left out. */
async function chainsOf(source: ImageSource, graph: Graph, entry: Descriptor): Promise<readonly Chain<NamedImage>[]> {
  const chains: Chain<NamedImage>[] = [];
  for (const node of nodesUnder(graph, entry)) {
    if (node.kind !== 'manifest' || node.document === undefined) continue;
    if (!isConfigType(node.document.value.config.mediaType)) continue;
    const image = await readImageOf(source, node.document);
    const { os, architecture } = image.config.value;
    // An attestation has layers that are no layers, of a platform that is none.
    if (os === 'unknown' || architecture === 'unknown') continue;
    chains.push({
      image: { name: nameOf(entry) ?? entry.digest, platform: formatPlatform(image.config.value) },
      layers: layersOf(image).map(({ diffID, descriptor }) => ({ diffID, size: descriptor.size })),
    });
  }
  return chains;
}

async function treeOf(
  source: ImageSource,
  graph: Graph,
  entries: readonly Descriptor[],
): Promise<Pick<SharingResult, 'layers' | 'warnings'>> {
  const chains: Chain<NamedImage>[] = [];
  const warnings: string[] = [];
  for (const entry of entries) {
    try {
      for (const one of await chainsOf(source, graph, entry)) chains.push(one);
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      warnings.push(error.message);
    }
  }
  return { layers: layerTree(chains), warnings };
}

/**
 * Which images of a layout or an archive share what: of each entry the bytes that others have as well and those that would go with it
 * alone, and a tree of the layers that several begin with. No layer is read. What is missing or damaged is a warning.
 */
export async function sharing(place: ImageOperand, options: Reading = {}): Promise<SharingResult> {
  checkCall('sharing', { place: ['operand', place] }, options);
  const { source, index } = await openPlace(place, new OpenPlaces(options));
  const entries = index.value.manifests;
  const graph = await walk(source, entries);
  const sizes = entries.map(entry => blobsUnder(graph, entry));
  const counts = new Map<string, number>();
  const all = new Map<string, number>();
  for (const blobs of sizes)
    for (const [digest, size] of blobs) {
      counts.set(digest, (counts.get(digest) ?? 0) + 1);
      all.set(digest, size);
    }
  const { layers, warnings } = await treeOf(source, graph, entries);
  const faults = graph.nodes.flatMap(({ fault }) => fault?.message ?? []);
  return {
    images: entries.map((entry, at) => rowOf(entry, sizes[at] ?? new Map(), counts)),
    total: [...all.values()].reduce((sum, size) => sum + size, 0),
    layers,
    warnings: [...new Set([...faults, ...warnings])],
  };
}
