import { emptySink, readLayer } from '../codec/layer-reader.ts';
import { layerBytes, layerOrigin } from '../graph/layer-bytes.ts';
import type { ImageSource } from '../graph/source.ts';
import { blobAt, type Finding } from '../image/finding.ts';
import { finding } from '../image/finding-codes.ts';
import { isLayerType } from '../spec/media-type.ts';
import type { Descriptor, Layer } from '../spec/objects.ts';
import { hasTrailingZeros } from '../store/disk/trailing-zeros.ts';
import { Draft } from '../tree/draft.ts';
import { emptyTree, type Tree } from '../tree/node.ts';
import { checkLayer } from './check-layer.ts';
import type { Below } from './layer-lint.ts';

/** What no other writing of a layer mends: nobody knows what it should have been. */
const lost: ReadonlySet<string> = new Set(['tar-damaged', 'tar-entry-refused', 'tar-xattr-large']);
const isMended = ({ code }: Finding): boolean =>
  (code.startsWith('tar-') || code === 'compression-trailing') && !lost.has(code);

export const trailingZeros = ({ digest }: Descriptor): Finding =>
  finding('compression-trailing', blobAt(digest), 'zeros after the end of the gzip stream');

/** What of a layer's tar some engine refuses or reads otherwise, and another writing of it mends. Throws what is wrong with one that cannot be read. */
async function layerTroubles(
  source: ImageSource,
  layer: Layer,
  below: Below | undefined,
): Promise<{ readonly troubles: readonly Finding[]; readonly isApplied: boolean }> {
  const found: Finding[] = [];
  const { isApplied } = await checkLayer(source, layer, { below, report: one => void found.push(one) });
  if (hasTrailingZeros(source, layer.descriptor)) found.push(trailingZeros(layer.descriptor));
  const said = found.filter(({ severity }) => severity !== 'note');
  if (!said.every(isMended)) await readLayer(layerBytes(source, layer), layerOrigin(source, layer), emptySink);
  return { troubles: said.filter(isMended), isApplied };
}

/**
 * The same of each layer of an image, bottom first, over what lies below it as far as all of that can be read. Reads layers to their ends
 * and proves them; of one that nobody can read nothing is said.
 */
export async function imageTroubles(
  source: ImageSource,
  layers: readonly Layer[],
): Promise<readonly (readonly Finding[])[]> {
  const draft = new Draft(emptyTree(), source.subject);
  let tree: Tree | undefined = emptyTree();
  const all: (readonly Finding[])[] = [];
  for (const layer of layers) {
    if (!isLayerType(layer.descriptor.mediaType)) {
      tree = undefined;
      all.push([]);
      continue;
    }
    const below: Below | undefined = tree && { tree, draft, isLowest: all.length === 0 };
    below?.draft.beginLayer();
    const { troubles, isApplied } = await layerTroubles(source, layer, below);
    tree = isApplied ? draft.tree() : undefined;
    all.push(troubles);
  }
  return all;
}
