import type { FindingKind } from './finding-kind.ts';

export type LayerCode =
  | 'layer-mislabelled'
  | 'layer-type-unknown'
  | 'layer-encrypted'
  | 'layer-nondistributable'
  | 'compression-damaged'
  | 'tar-damaged'
  | 'tar-type-unusual'
  | 'table-mismatch'
  | 'layer-zstd'
  | 'digest-other';

/** What may be wrong with a layer as a whole. */
export const layerKinds: Readonly<Record<LayerCode, FindingKind>> = {
  'layer-mislabelled': {
    severity: 'warning',
    means: "A layer's media type names another compression than its bytes have. The bytes count.",
    section: 'image-spec layer.md, "+gzip Media Types"',
    remedy: 'Write the true media type: `ocikit fix` and `ocikit convert` do.',
  },
  'layer-type-unknown': {
    severity: 'warning',
    means: 'A layer of an image is no tar by its media type; cosign writes signatures so.',
    section: 'image-spec manifest.md, "layers"',
    remedy: 'Nothing, for signatures: no engine runs them.',
  },
  'layer-encrypted': {
    severity: 'error',
    means: 'A layer that nobody reads without its key: neither its tar nor its diffID can be looked at.',
    section: 'the imgcrypt media types (containerd)',
    remedy: 'Decrypt the image first (`skopeo copy --decryption-key`).',
  },
  'layer-nondistributable': {
    severity: 'note',
    means:
      'A layer is of a type whose bytes used not to be pushed (nondistributable, foreign), which is deprecated: an image that is copied may come without it.',
    section: 'image-spec layer.md, "Non-Distributable Layers"',
    remedy: 'Make the image anew on a base that has the layer as an ordinary one.',
  },
  'compression-damaged': {
    severity: 'error',
    means:
      "A layer's blob cannot be inflated to its end: what is compressed in it is damaged, cut, or followed by something else.",
    section: 'RFC 1952 (gzip), RFC 8878 (zstd)',
    remedy: 'Bring the layer from where it came from. Where its digest holds, it was written so.',
  },
  'tar-damaged': {
    severity: 'error',
    means:
      "A layer's tar cannot be read to its end: a header with a wrong checksum, a number that is none, a name or an owner out of range, a body that is cut. What one program passes over, another reads.",
    section: 'image-spec layer.md; POSIX pax, "ustar Interchange Format"',
    remedy: 'Make the layer anew from the files that it should have (`ocikit append --tar` reads what GNU tar wrote).',
  },
  'tar-type-unusual': {
    severity: 'error',
    means:
      "A layer's tar has entries of types that tar programs read and engines refuse: D and V of GNU tar, X of Solaris, 7 of POSIX (a contiguous file).",
    section: 'image-spec layer.md, "File Types"',
    remedy: 'Write the tar anew, with plain files and without `tar -g` and `tar -V`: `ocikit fix` does.',
  },
  'layer-zstd': {
    severity: 'note',
    means: 'A layer is compressed with zstd, which readers should know and older ones do not.',
    section: 'image-spec media-types.md, "application/vnd.oci.image.layer.v1.tar+zstd"',
    remedy: '`ocikit convert --compression gzip` makes what every engine reads.',
  },
  'digest-other': {
    severity: 'note',
    means: 'A digest of another algorithm than sha256, which readers need not know.',
    section: 'image-spec descriptor.md, "Registered Algorithms"',
    remedy: 'Make the image anew with sha256: ocikit does whenever it writes one.',
  },
  'table-mismatch': {
    severity: 'error',
    means:
      "A lazy layer's table of contents says otherwise than its tar: engines that fetch single files get other files than the others.",
    section: 'eStargz (stargz-snapshotter docs/estargz.md), zstd:chunked (containers/storage)',
    remedy:
      'Write the layer anew: `ocikit fix` does, without a table of contents; `ocikit convert --compression` makes a true one.',
  },
};
