import type { FindingKind } from './finding-kind.ts';

export type BlobCode =
  | 'blob-missing'
  | 'digest-mismatch'
  | 'size-mismatch'
  | 'diffid-mismatch'
  | 'data-mismatch'
  | 'damaged'
  | 'unsupported'
  | 'place';

const bringAgain =
  'Bring the blob from where the image came from (`ocikit copy`, `skopeo copy`): nothing can be made out of what is left.';

/** What may be wrong with bytes, whatever they stand for. */
export const blobKinds: Readonly<Record<BlobCode, FindingKind>> = {
  'blob-missing': {
    severity: 'error',
    means: 'A blob that something here needs is not here.',
    section: 'image-spec image-layout.md, "Blobs"',
    remedy: bringAgain,
  },
  'digest-mismatch': {
    severity: 'error',
    means: 'A blob has not the digest under which it is stored: its bytes have changed.',
    section: 'image-spec descriptor.md, "Verification"',
    remedy: bringAgain,
  },
  'size-mismatch': {
    severity: 'error',
    means:
      'A blob is longer or shorter than the descriptor that leads to it says. Either the descriptor is wrong or the blob has been cut or grown.',
    section: 'image-spec descriptor.md, "Properties"',
    remedy: `Where the digest holds, \`ocikit fix\` writes the true size. Else: ${bringAgain}`,
  },
  'diffid-mismatch': {
    severity: 'error',
    means: 'The tar that a layer comes to is not the one that the config promises (`rootfs.diff_ids`).',
    section: 'image-spec config.md, "Layer DiffID"',
    remedy:
      'Do not use the image before you know which of the two is true. If the layer is, make the image of it anew: `ocikit append` and `ocikit squash` write true diffIDs.',
  },
  'data-mismatch': {
    severity: 'error',
    means: 'The embedded data of a descriptor is not base64, or not what its size and digest say.',
    section: 'image-spec descriptor.md, "Embedded Content"',
    remedy: 'Leave the field out: `ocikit fix` does.',
  },
  damaged: {
    severity: 'error',
    means:
      'A document or an entry of an index cannot be read: no JSON, not of the form that its media type says, or beyond a limit.',
    section: 'image-spec considerations.md; the table of limits in CONTRIBUTING.md',
    remedy: bringAgain,
  },
  unsupported: {
    severity: 'error',
    means:
      'Something that ocikit knows of and does not read, so that nothing can be said of it: a manifest of the second schema 1.',
    section: 'image-spec media-types.md',
    remedy: 'Convert it with a tool that reads it (skopeo reads manifests of schema 1).',
  },
  place: {
    severity: 'warning',
    means: 'Something is wrong with the place itself and does no harm here: names in an archive that docker has not.',
    section: 'the form of `docker save`: manifest.json, "RepoTags"',
    remedy: 'Copy it (`ocikit copy --all`): what ocikit writes has all that belongs there.',
  },
};
