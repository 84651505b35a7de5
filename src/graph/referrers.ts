import { isIndexType, isManifestType } from '../spec/media-type.ts';
import type { Descriptor } from '../spec/objects.ts';
import { readIndex, readManifest } from './image-reader.ts';
import type { ImageSource } from './source.ts';

/** Every manifest and index that a place lists, nested ones included, attestations too. */
async function listed(source: ImageSource): Promise<ReadonlyMap<string, Descriptor>> {
  const found = new Map<string, Descriptor>();
  const left = [...(await source.index()).value.manifests];
  for (let descriptor = left.shift(); descriptor !== undefined; descriptor = left.shift()) {
    const isKnown = isIndexType(descriptor.mediaType) || isManifestType(descriptor.mediaType);
    if (!isKnown || found.has(descriptor.digest) || !(await source.has(descriptor))) continue;
    found.set(descriptor.digest, descriptor);
    if (isIndexType(descriptor.mediaType)) left.push(...(await readIndex(source, descriptor)).value.manifests);
  }
  return found;
}

async function subjectOf(source: ImageSource, descriptor: Descriptor): Promise<string | undefined> {
  const read = isIndexType(descriptor.mediaType) ? readIndex : readManifest;
  return (await read(source, descriptor)).value.subject?.digest;
}

/**
 * The manifests of a place whose `subject` is one of these digests, and those about them in turn: signatures, SBOMs
 * (image-spec manifest.md, "subject"). In the order listed.
 */
export async function referrersOf(source: ImageSource, digests: Iterable<string>): Promise<readonly Descriptor[]> {
  const subjects = new Map<Descriptor, string>();
  for (const descriptor of (await listed(source)).values()) {
    const subject = await subjectOf(source, descriptor);
    if (subject !== undefined) subjects.set(descriptor, subject);
  }
  const wanted = new Set(digests);
  const found = new Set<Descriptor>();
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const [descriptor, subject] of subjects) {
      if (!wanted.has(subject)) continue;
      found.add(descriptor);
      wanted.add(descriptor.digest);
    }
  }
  return [...subjects.keys()].filter(descriptor => found.has(descriptor));
}
