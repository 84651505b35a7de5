import { isConfigType, isIndexType, isManifestType } from '../spec/media-type.ts';
import { hasLostName, nameOf } from '../spec/name.ts';
import type { ImageIndex } from '../spec/objects.ts';
import { placedEntries } from '../spec/odd-entries.ts';
import { aboutDigest } from './about.ts';
import { isAttestation } from './attestation.ts';
import { at, type Finding, type Place } from './finding.ts';
import { finding } from './finding-codes.ts';

/** The images of a layout's index that nobody can ask for by name. Those that lost theirs to another wait for a collection. */
export function checkUnnamed(index: ImageIndex, place: Place): Finding[] {
  const images = placedEntries(index).filter(([, entry]) => {
    const isDocument = isManifestType(entry.mediaType) || isIndexType(entry.mediaType);
    const { artifactType } = entry;
    const isArtifact = artifactType != null && !isConfigType(artifactType);
    const isOther = isArtifact || isAttestation(entry) || aboutDigest(entry) !== undefined;
    return isDocument && !isOther && !hasLostName(entry);
  });
  return images.flatMap(([position, entry]) => {
    if (nameOf(entry) !== undefined) return [];
    const field = at(place, `/manifests/${position}`);
    const missing = finding('name-missing', field, 'expected a name, got none');
    if (images.length === 1) return [missing];
    return [missing, finding('name-needed', field, `expected a name beside ${images.length - 1} more, got none`)];
  });
}
