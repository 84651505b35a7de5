import type { FindingKind } from './finding-kind.ts';

export type RelationCode =
  | 'subject-missing'
  | 'referrer-tag-mismatch'
  | 'attestation-dangling'
  | 'artifact-type-mismatch'
  | 'platform-duplicate'
  | 'entry-duplicate'
  | 'index-depth'
  | 'blob-unreferenced'
  | 'blob-name'
  | 'layout-header-missing';

/** What may be wrong with how what a place holds goes together. */
export const relationKinds: Readonly<Record<RelationCode, FindingKind>> = {
  'subject-missing': {
    severity: 'note',
    means:
      'A manifest or an index, or a tag that lists referrers, is about something that is not here. It may be elsewhere: a signature is pushed before or without what it is about.',
    section: 'image-spec manifest.md, "subject"; distribution-spec, "Referrers Tag Schema"',
    remedy: 'Copy what it is about as well, or take it out: `ocikit gc --dangling-referrers`.',
  },
  'referrer-tag-mismatch': {
    severity: 'warning',
    means:
      'A tag that lists what is about a digest (`sha256-…`) lists a manifest that is about another one, or names no list at all. Clients of registries without referrers are misled.',
    section: 'distribution-spec, "Referrers Tag Schema"',
    remedy: 'Attach the referrer anew: `ocikit attach` writes the list.',
  },
  'attestation-dangling': {
    severity: 'warning',
    means: 'An attestation is about a manifest that its index does not list: nobody finds what it vouches for.',
    section: 'BuildKit docs/attestations/attestation-storage.md, "vnd.docker.reference.digest"',
    remedy:
      'Take the entry out of the index: `ocikit index remove`. Make attestations with the image that they are about.',
  },
  'artifact-type-mismatch': {
    severity: 'warning',
    means:
      'A descriptor says another artifactType than the manifest that it leads to. Who chooses by it finds the wrong artifact, or none.',
    section: 'image-spec descriptor.md and manifest.md, "artifactType"',
    remedy:
      'Write the descriptor anew with what the manifest says, or, where that has none, the media type of its config.',
  },
  'platform-duplicate': {
    severity: 'note',
    means: 'An index has two images for one platform. The first is taken.',
    section: 'image-spec image-index.md, "manifests"',
    remedy: 'Take one of them out: `ocikit index remove`.',
  },
  'entry-duplicate': {
    severity: 'note',
    means: 'An index has one image under one name twice.',
    section: 'image-spec image-layout.md, "index.json File"',
    remedy: 'Give the name again: `ocikit tag` leaves one entry of it.',
  },
  'index-depth': {
    severity: 'error',
    means:
      'Indexes lie within indexes deeper than ocikit follows; what is below is not looked at. That documents lead back to themselves cannot be, as each is named by its digest.',
    section: 'image-spec image-index.md, "manifests"; the table of limits in CONTRIBUTING.md',
    remedy: 'List the images in one index: `ocikit index create`.',
  },
  'blob-unreferenced': {
    severity: 'note',
    means: 'There are blobs that nothing here leads to. They take room and do no harm.',
    section: 'image-spec image-layout.md, "Blobs"',
    remedy: '`ocikit gc` removes them, unless they are young.',
  },
  'blob-name': {
    severity: 'note',
    means: 'There are files among the blobs whose names are no digests: something was left there, or is being written.',
    section: 'image-spec image-layout.md, "Blobs"',
    remedy: '`ocikit gc` removes what tools have left unfinished; look at what else there is.',
  },
  'layout-header-missing': {
    severity: 'warning',
    means: 'A layout has no file `oci-layout`, by which tools know one: most do not read it.',
    section: 'image-spec image-layout.md, "oci-layout file"',
    remedy: '`ocikit load PLACE LAYOUT` makes a whole one of it; `ocikit fix` does as well.',
  },
};
