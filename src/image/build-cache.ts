import { invalid } from '../errors.ts';
import { annotationKeys } from '../spec/annotations.ts';
import { type DiffID, type Digest, parseDigest } from '../spec/digest.ts';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';

import type { Descriptor, Document, ImageIndex, Layer, Manifest } from '../spec/objects.ts';
import { emptyDescriptor } from './attach.ts';

/** What a manifest is that says which layer a step of a build made. */
const cacheType = 'application/vnd.ocikit.build-cache.v1';
const keyName = 'io.ocikit.build.key';
const diffIDName = 'io.ocikit.build.diffid';

/** What a step made, as a cache knows it. */
export interface CacheRecord {
  readonly layer: Layer;
  /** RFC 3339: when it was made. */
  readonly created?: string | undefined;
}

/** The key that an entry of an index is a record of; undefined for any other entry. */
export function cacheKeyOf({ artifactType, annotations }: Descriptor): string | undefined {
  if (artifactType !== cacheType || annotations == null || !Object.hasOwn(annotations, keyName)) return undefined;
  return annotations[keyName];
}

/** A record as an artifact: one layer, its diffID and the key that it is found by. */
export function cacheManifest(key: Digest, { layer, created }: CacheRecord): Document<Manifest> {
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: cacheType,
    config: emptyDescriptor,
    layers: [layer.descriptor],
    annotations: {
      [keyName]: key,
      [diffIDName]: layer.diffID,
      ...(created === undefined ? {} : { [annotationKeys.created]: created }),
    },
  };
  return encodeDocument(manifest, mediaTypes.manifest);
}

/** What a manifest says that is the record of a key. Throws `invalid` where it is none, or another's. */
export function parseCacheRecord(
  { artifactType, annotations, layers }: Manifest,
  key: string,
  subject: string,
): CacheRecord {
  const [descriptor, ...others] = layers;
  const said = annotations ?? {};
  if (artifactType !== cacheType || said[keyName] !== key || descriptor === undefined || others.length > 0)
    throw invalid(subject, `the record of the step ${key}`, `that of ${said[keyName] ?? 'nothing'}`);
  const created = said[annotationKeys.created];
  return {
    layer: { descriptor, diffID: parseDigest(said[diffIDName], subject) as DiffID },
    ...(created === undefined ? {} : { created }),
  };
}

/** An index with records, each in the place of what it had for the same key. */
export function withRecords(index: ImageIndex, records: readonly Document<Manifest>[]): ImageIndex {
  const fresh = records.map(
    ({ value, descriptor }): Descriptor => ({
      ...descriptor,
      artifactType: cacheType,
      annotations: { [keyName]: value.annotations?.[keyName] ?? '' },
    }),
  );
  const wanted = new Map(fresh.map(entry => [cacheKeyOf(entry), entry] as const));
  const kept = index.manifests.filter(entry => {
    const now = wanted.get(cacheKeyOf(entry));
    if (now?.digest === entry.digest) wanted.delete(cacheKeyOf(entry));
    return now === undefined || now.digest === entry.digest;
  });
  return fresh.length === 0 ? index : { ...index, manifests: [...kept, ...wanted.values()] };
}
