import { emptySink, readLayer } from '../codec/layer-reader.ts';
import { ofTarAloneText } from '../codec/tar-member.ts';
import type { Layer } from '../spec/objects.ts';
import { LayerFaults } from '../tree/layer-faults.ts';
import { layerBytes, layerOrigin } from './layer-bytes.ts';
import type { ImageSource } from './source.ts';

/** What of a layer's tar some engine refuses or reads otherwise: a sentence each. Reads the layer to its end and proves it. */
export async function layerTroubles(source: ImageSource, layer: Layer): Promise<readonly string[]> {
  const faults = new LayerFaults();
  const types = new Set<string>();
  await readLayer(layerBytes(source, layer), layerOrigin(source, layer), {
    ...emptySink,
    entry(entry) {
      faults.add(entry);
      return undefined;
    },
    ofTarAlone: typeflag => void types.add(typeflag),
  });
  return [...faults.faults, ...(types.size === 0 ? [] : [ofTarAloneText(types)])];
}
