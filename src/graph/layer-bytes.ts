import { decompress } from '../codec/compression.ts';
import type { LayerOrigin } from '../codec/layer-reader.ts';
import { engineFor } from '../engine/choose.ts';
import type { DeflatedBlocks } from '../engine/deflated-blocks.ts';
import type { Bytes } from '../engine/engine.ts';
import { nodeEngine } from '../engine/node.ts';
import { broken } from '../errors.ts';
import { algorithmOf, encodedOf } from '../spec/digest.ts';
import type { Layer } from '../spec/objects.ts';
import { drain } from '../stream/drain.ts';
import { flow } from '../stream/flow.ts';
import { hashed } from '../stream/hashed.ts';
import { openStoredLayer } from './layer-label.ts';
import type { ImageSource } from './source.ts';

/**
 * The layers of each source whose diffIDs have been found right. What a blob stands for follows from its bytes, and those are
 * checked at every reading: so a second reading need not hash the tar again.
 */
const proved = new WeakMap<ImageSource, Set<string>>();

const keyOf = ({ descriptor, diffID }: Layer): string => `${descriptor.mediaType} ${descriptor.digest} ${diffID}`;

/** Whether a layer has been read to its end in this source and its diffID is right. */
function isProved(source: ImageSource, layer: Layer): boolean {
  return proved.get(source)?.has(keyOf(layer)) === true;
}

function remember(source: ImageSource, layer: Layer): void {
  const known = proved.get(source) ?? new Set();
  proved.set(source, known.add(keyOf(layer)));
}

/** Whether a layer's diffID is its blob's digest: then the blob is the tar, and whoever checks the blob has checked the diffID. */
export function isPlain({ descriptor, diffID }: Layer): boolean {
  return descriptor.digest === diffID;
}

function subjectOf(source: ImageSource, { descriptor }: Layer): string {
  return `${source.subject}: layer ${descriptor.digest}`;
}

/** What a layer's entries are known by, and what ends the reading of them. */
export function layerOrigin(source: ImageSource, layer: Layer): LayerOrigin {
  return { identity: layer.diffID, subject: subjectOf(source, layer), signal: source.work?.signal };
}

/**
 * The uncompressed tar of a layer: the only way to it. The stored blob's digest and size are checked and so is the diffID: an
 * `invalid` error follows the last chunk where one of them differs (image-spec config.md). What is read to its end without
 * one is proved, and only then may the diffID stand for the contents. `blocks` is told of a gzip blob's.
 */
export async function* layerBytes(source: ImageSource, layer: Layer, blocks?: DeflatedBlocks): Bytes {
  const { descriptor, diffID } = layer;
  const subject = subjectOf(source, layer);
  // A plain tar has the digest that its diffID is, where both are of one algorithm.
  const mayBePlain = isPlain(layer) || algorithmOf(descriptor.digest) !== algorithmOf(diffID);
  const { bytes, compression } = await openStoredLayer(source, descriptor, { mayBePlain });
  // A few stored bytes may stand for many.
  const gzipped = blocks !== undefined && compression === 'gzip' && !isPlain(layer);
  const inflated = gzipped
    ? nodeEngine.gunzip(bytes, subject, blocks)
    : decompress(bytes, isPlain(layer) ? 'none' : compression, subject);
  const tar = flow(inflated, { signal: source.work?.signal });
  if (isPlain(layer) || isProved(source, layer)) {
    yield* tar;
    return;
  }
  const algorithm = algorithmOf(diffID);
  const hasher = (await engineFor(algorithm)).createHash(algorithm);
  yield* hashed(tar, hasher);
  const found = hasher.digest();
  if (found !== encodedOf(diffID))
    throw broken('diffID', subject, { expected: `diffID ${diffID}`, got: `${algorithm}:${found}` });
  remember(source, layer);
}

/** Proves layers, each blob once for each diffID, without keeping what is read. Those whose blobs are their tars are left to whoever reads the blobs. */
export async function proveLayers(source: ImageSource, layers: Iterable<Layer>): Promise<void> {
  for (const layer of layers) {
    if (isPlain(layer) || isProved(source, layer)) continue;
    await drain(layerBytes(source, layer));
  }
}
