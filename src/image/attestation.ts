import { algorithmOf, diffIDOf, encodedOf } from '../spec/digest.ts';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import type { Descriptor, Document, Image, ImageConfig, Manifest } from '../spec/objects.ts';

const typeKey = 'vnd.docker.reference.type';
export const attestedKey = 'vnd.docker.reference.digest';

/** BuildKit's attestations: listed like images, but about one (`unknown/unknown`). */
export function isAttestation(descriptor: Descriptor): boolean {
  if (Object.hasOwn(descriptor.annotations ?? {}, typeKey)) return true;
  return descriptor.platform?.os === 'unknown' && descriptor.platform.architecture === 'unknown';
}

/** The same entry about another manifest. */
export function withAttested(descriptor: Descriptor, digest: string): Descriptor {
  return { ...descriptor, annotations: { ...descriptor.annotations, [attestedKey]: digest } };
}

/** The digest of the manifest that an entry is about; undefined where it does not say. */
export function attestedDigest({ annotations }: Descriptor): string | undefined {
  return Object.hasOwn(annotations ?? {}, attestedKey) ? annotations?.[attestedKey] : undefined;
}

const statementType = 'application/vnd.in-toto+json';
const unknown = { architecture: 'unknown', os: 'unknown' } as const;

/** What is said of an image in the form of in-toto's attestations: a predicate of a type that is known by an address. */
export interface Predicate {
  readonly type: string;
  readonly predicate: object;
}

/** Statements about an image as BuildKit stores them. */
interface Attestation {
  readonly image: Image;
  readonly statements: readonly Document<object>[];
  /** As an index lists it, after the image. */
  readonly entry: Descriptor;
}

/**
 * Statements about an image, each a layer of an image for no platform (BuildKit's "Image Attestation Storage"). They call the image `_`: what it is
 * named where does not change a byte.
 */
export function attestationOf({ digest }: Descriptor, predicates: readonly Predicate[]): Attestation {
  const statements = predicates.map(({ type, predicate }) =>
    encodeDocument<object>(
      {
        _type: 'https://in-toto.io/Statement/v0.1',
        predicateType: type,
        subject: [{ name: '_', digest: { [algorithmOf(digest)]: encodedOf(digest) } }],
        predicate,
      },
      statementType,
    ),
  );
  const diffIDs = statements.map(({ descriptor }) => diffIDOf(encodedOf(descriptor.digest)));
  const config = encodeDocument<ImageConfig>(
    { ...unknown, config: {}, rootfs: { type: 'layers', diff_ids: diffIDs } },
    mediaTypes.config,
  );
  const manifest = encodeDocument<Manifest>(
    {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: config.descriptor,
      layers: statements.map(({ descriptor }, at) => ({
        ...descriptor,
        annotations: { 'in-toto.io/predicate-type': predicates[at]?.type ?? '' },
      })),
    },
    mediaTypes.manifest,
  );
  const annotations = { [attestedKey]: digest, [typeKey]: 'attestation-manifest' };
  return { image: { config, manifest }, statements, entry: { ...manifest.descriptor, annotations, platform: unknown } };
}
