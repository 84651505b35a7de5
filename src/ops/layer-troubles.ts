import { emptySink, readLayer } from '../codec/layer-reader.ts';
import { layerBytes, layerOrigin } from '../graph/layer-bytes.ts';
import type { ImageSource } from '../graph/source.ts';
import { blobAt, type Finding } from '../image/finding.ts';
import { finding } from '../image/finding-codes.ts';
import type { Descriptor, Layer } from '../spec/objects.ts';
import { hasTrailingZeros } from '../store/disk/trailing-zeros.ts';
import { checkLayer } from './check-layer.ts';

/** What no other writing of a layer mends: nobody knows what it should have been. */
const lost: ReadonlySet<string> = new Set(['tar-damaged', 'tar-entry-refused', 'tar-xattr-large']);
const isMended = ({ code }: Finding): boolean =>
  (code.startsWith('tar-') || code === 'compression-trailing') && !lost.has(code);

export const trailingZeros = ({ digest }: Descriptor): Finding =>
  finding('compression-trailing', blobAt(digest), 'zeros after the end of the gzip stream');

/**
 * What of a layer's tar some engine refuses or reads otherwise, by the layer itself, and another writing of it mends. Reads the layer
 * to its end and proves it. Throws what is wrong with one that cannot be read.
 */
export async function layerTroubles(source: ImageSource, layer: Layer): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  await checkLayer(source, layer, { below: undefined, report: one => void found.push(one) });
  if (hasTrailingZeros(source, layer.descriptor)) found.push(trailingZeros(layer.descriptor));
  const said = found.filter(({ severity }) => severity !== 'note');
  if (!said.every(isMended)) await readLayer(layerBytes(source, layer), layerOrigin(source, layer), emptySink);
  return said.filter(isMended);
}
