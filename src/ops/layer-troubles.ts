import { emptySink, readLayer } from '../codec/layer-reader.ts';
import { layerBytes, layerOrigin } from '../graph/layer-bytes.ts';
import type { ImageSource } from '../graph/source.ts';
import type { Finding } from '../image/finding.ts';
import type { Layer } from '../spec/objects.ts';
import { checkLayer } from './check-layer.ts';

/** What no other writing of a layer mends: nobody knows what it should have been. */
const lost: ReadonlySet<string> = new Set(['tar-damaged', 'tar-entry-refused']);
const isMended = ({ code }: Finding): boolean => code.startsWith('tar-') && !lost.has(code);

/**
 * What of a layer's tar some engine refuses or reads otherwise, by the layer itself, and another writing of it mends. Reads the layer
 * to its end and proves it. Throws what is wrong with one that cannot be read.
 */
export async function layerTroubles(source: ImageSource, layer: Layer): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  await checkLayer(source, layer, { below: undefined, report: one => void found.push(one) });
  const said = found.filter(({ severity }) => severity !== 'note');
  if (!said.every(isMended)) await readLayer(layerBytes(source, layer), layerOrigin(source, layer), emptySink);
  return said.filter(isMended);
}
