import { algorithmOf } from '../spec/digest.ts';
import type { Descriptor } from '../spec/objects.ts';
import { checkData } from './check-data.ts';
import { at, type Finding, type Place } from './finding.ts';
import { finding } from './finding-codes.ts';

/** What schemas cannot say of a descriptor: its embedded data, and what not every engine knows (descriptor.md). */
export function checkDescriptor(descriptor: Descriptor, place: Place): Finding[] {
  const { digest, mediaType } = descriptor;
  const algorithm = algorithmOf(digest);
  return [
    ...checkData(descriptor, place),
    ...(algorithm === 'sha256' ? [] : [finding('digest-other', at(place, '/digest'), `a digest of ${algorithm}`)]),
    ...(/[+.]zstd$/.test(mediaType) ? [finding('layer-zstd', at(place, '/mediaType'), mediaType)] : []),
  ];
}
