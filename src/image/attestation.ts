import type { Descriptor } from '../spec/objects.ts';

const typeKey = 'vnd.docker.reference.type';
const digestKey = 'vnd.docker.reference.digest';

/** BuildKit's attestations: listed like images, but about one (`unknown/unknown`). */
export function isAttestation(descriptor: Descriptor): boolean {
  if (Object.hasOwn(descriptor.annotations ?? {}, typeKey)) return true;
  return descriptor.platform?.os === 'unknown' && descriptor.platform.architecture === 'unknown';
}

/** The same entry about another manifest. */
export function withAttested(descriptor: Descriptor, digest: string): Descriptor {
  return { ...descriptor, annotations: { ...descriptor.annotations, [digestKey]: digest } };
}

/** The digest of the manifest that an entry is about; undefined where it does not say. */
export function attestedDigest({ annotations }: Descriptor): string | undefined {
  return Object.hasOwn(annotations ?? {}, digestKey) ? annotations?.[digestKey] : undefined;
}
