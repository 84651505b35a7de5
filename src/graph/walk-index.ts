import { invalid } from '../errors.ts';
import { depthLimit, descriptorLimit } from '../limits.ts';
import { isIndexType, isManifestType } from '../spec/media-type.ts';
import type { Descriptor } from '../spec/objects.ts';
import { readIndex } from './image-reader.ts';
import type { ImageSource } from './source.ts';

/** BuildKit's attestations: listed like images, but about one (`unknown/unknown`). */
export function isAttestation(descriptor: Descriptor): boolean {
  if (Object.hasOwn(descriptor.annotations ?? {}, 'vnd.docker.reference.type')) return true;
  return descriptor.platform?.os === 'unknown' && descriptor.platform.architecture === 'unknown';
}

/**
 * The manifests and indexes that descriptors lead to, themselves included, each digest once, in the order listed.
 * Media types that are neither, attestations, and what lies in nested indexes that are not there are left out
 * (image-spec image-index.md). Throws `invalid` where indexes are nested too deep or there are too many.
 */
export async function descriptorsUnder(
  source: ImageSource,
  roots: readonly Descriptor[],
): Promise<readonly Descriptor[]> {
  const found = new Map<string, Descriptor>();
  let level = roots;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthLimit) throw invalid(source.subject, `indexes nested at most ${depthLimit} deep`, 'a deeper one');
    const fresh = new Map<string, Descriptor>();
    for (const descriptor of level) {
      const isKnown = isIndexType(descriptor.mediaType) || isManifestType(descriptor.mediaType);
      if (!isKnown || isAttestation(descriptor) || found.has(descriptor.digest) || fresh.has(descriptor.digest))
        continue;
      fresh.set(descriptor.digest, descriptor);
    }
    for (const [digest, descriptor] of fresh) found.set(digest, descriptor);
    if (found.size > descriptorLimit) {
      throw invalid(source.subject, `at most ${descriptorLimit} manifests and indexes`, `${found.size}`);
    }
    level = await childrenOf(source, [...fresh.values()]);
  }
  return [...found.values()];
}

async function childrenOf(source: ImageSource, level: readonly Descriptor[]): Promise<readonly Descriptor[]> {
  const children: Descriptor[] = [];
  for (const descriptor of level) {
    if (!isIndexType(descriptor.mediaType) || !(await source.has(descriptor))) continue;
    const { manifests } = (await readIndex(source, descriptor)).value;
    if (children.length + manifests.length > descriptorLimit) {
      throw invalid(source.subject, `at most ${descriptorLimit} manifests and indexes`, 'more');
    }
    for (const child of manifests) children.push(child);
  }
  return children;
}
