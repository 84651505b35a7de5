import { compressionOf, decompress } from '../codec/compression.ts';
import { engineFor } from '../engine/choose.ts';
import type { Bytes } from '../engine/engine.ts';
import { nodeEngine } from '../engine/node.ts';
import { invalid } from '../errors.ts';
import { algorithmOf, encodedOf } from '../spec/digest.ts';
import type { Layer } from '../spec/objects.ts';
import type { ImageSource } from './source.ts';

/** The uncompressed tar of a layer. The stored blob's digest and size are checked; its diffID is not. */
export async function* layerBytes(source: ImageSource, layer: Pick<Layer, 'descriptor'>): Bytes {
  const subject = `${source.subject}: layer ${layer.descriptor.digest}`;
  yield* decompress(source.open(layer.descriptor), compressionOf(layer.descriptor.mediaType), subject);
}

/** The same with the diffID checked as well: an `invalid` error after the last chunk where it differs (image-spec config.md). */
export async function* verifiedLayerBytes(source: ImageSource, layer: Layer): Bytes {
  const algorithm = algorithmOf(layer.diffID);
  const hasher = (algorithm === 'blake3' ? await engineFor(algorithm) : nodeEngine).createHash(algorithm);
  for await (const chunk of layerBytes(source, layer)) {
    hasher.update(chunk);
    yield chunk;
  }
  const found = hasher.digest();
  if (found !== encodedOf(layer.diffID)) {
    throw invalid(
      `${source.subject}: layer ${layer.descriptor.digest}`,
      `diffID ${layer.diffID}`,
      `${algorithm}:${found}`,
    );
  }
}
