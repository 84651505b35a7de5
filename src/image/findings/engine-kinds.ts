import type { FindingKind } from './finding-kind.ts';

export type EngineFactCode =
  | 'artifact'
  | 'image-missing'
  | 'media-type-unknown'
  | 'media-types-docker'
  | 'media-types-mixed'
  | 'name-missing'
  | 'name-needed'
  | 'platforms-several'
  | 'manifests-several'
  | 'index-nested'
  | 'platform-malformed'
  | 'platform-unknown'
  | 'compression-trailing'
  | 'tar-xattr-large'
  | 'tar-xattr-link'
  | 'tar-xattr-invalid'
  | 'tar-xattr-together'
  | 'tar-symlink-target'
  | 'tar-path-long'
  | 'tar-below-link';

const index = 'image-spec image-index.md';

const documents = {
  artifact: {
    severity: 'note',
    means: 'A manifest is no image: its config is not one. containerd unpacks whatever a place lists, and refuses it.',
    section: 'image-spec manifest.md, "Guidelines for Artifact Usage"',
    remedy: 'Nothing, for signatures and other artifacts. `ocikit copy` takes the images alone.',
  },
  'image-missing': {
    severity: 'note',
    means: 'Nothing here is an image: there is nothing at all, or there are artifacts or types that nobody knows.',
    section: 'image-spec manifest.md, "Guidelines for Artifact Usage"',
    remedy: 'Nothing, where it is meant.',
  },
  'media-type-unknown': {
    severity: 'note',
    means: 'An index lists something of a media type that the specification does not know.',
    section: `${index}, "mediaType": what is unknown is passed over`,
    remedy: 'Nothing, where it is meant. `ocikit copy` takes the images alone.',
  },
  'media-types-docker': {
    severity: 'note',
    means: "An image in a layout has docker's media types. Every engine but umoci takes them.",
    section: 'image-spec media-types.md, "Compatibility Matrix"',
    remedy: 'Nothing, for most. `ocikit convert --format oci` makes an OCI image of it.',
  },
  'media-types-mixed': {
    severity: 'warning',
    means: "A manifest of docker's has layers or a config of OCI's types.",
    section: 'image-spec media-types.md, "Compatibility Matrix"',
    remedy: "Give all the same: `ocikit fix` gives all OCI's.",
  },
  'name-missing': {
    severity: 'note',
    means: 'An image in a layout has no name. umoci finds images by their names alone.',
    section: 'image-spec annotations.md, "org.opencontainers.image.ref.name"',
    remedy: 'Name it: `ocikit tag PLACE@DIGEST NAME`.',
  },
  'name-needed': {
    severity: 'note',
    means: 'One of several images in a layout has no name: most programs have no way to ask for it.',
    section: 'image-spec annotations.md, "org.opencontainers.image.ref.name"',
    remedy: 'Name it: `ocikit tag PLACE@DIGEST NAME`.',
  },
  'platforms-several': {
    severity: 'note',
    means: 'A name stands for images of several platforms. umoci takes no such name.',
    section: index,
    remedy: 'Nothing, for most. `ocikit copy --platform` makes an image of one.',
  },
  'manifests-several': {
    severity: 'note',
    means: 'A name stands for an image and for what goes with it, as an attestation. umoci takes no such name.',
    section: index,
    remedy: 'Nothing, for most. `ocikit copy --platform` makes an image of one.',
  },
  'index-nested': {
    severity: 'note',
    means:
      'A name stands for an index that leads to another index. skopeo, podman and buildah look for an image there.',
    section: `${index}, "manifests": an index may list indexes`,
    remedy: 'Nothing, where it is meant. `ocikit copy --platform` makes an image of one.',
  },
  'platform-malformed': {
    severity: 'warning',
    means:
      'A system or architecture has other characters than letters, digits, `_` and `-`: engines refuse to choose by it.',
    section: 'image-spec config.md, "architecture", "os": as Go names them',
    remedy: 'Set it: `ocikit config --platform`.',
  },
  'platform-unknown': {
    severity: 'note',
    means: 'A system has a name that Go has not.',
    section: 'image-spec config.md, "os"',
    remedy: 'Nothing, where it is meant.',
  },
} as const satisfies Readonly<Record<string, FindingKind>>;

const tars = {
  'tar-xattr-large': {
    severity: 'warning',
    means: 'An extended attribute has more than 64 KiB, which Linux does not hold.',
    section: 'xattr(7)',
    remedy: 'Make the layer anew without it.',
  },
  'tar-xattr-link': {
    severity: 'note',
    means:
      'A symbolic link, a device or a fifo has an attribute of users, which Linux gives to files and directories alone.',
    section: 'xattr(7)',
    remedy: 'Nothing: most engines pass over it.',
  },
  'tar-xattr-invalid': {
    severity: 'warning',
    means:
      'An extended attribute that Linux sets for nobody: without a name or with one of more than 255 bytes, capabilities or an access control list that are none.',
    section: 'xattr(7); capabilities(7); acl(5)',
    remedy: 'Make the layer anew without it.',
  },
  'tar-xattr-together': {
    severity: 'note',
    means:
      'The extended attributes of an entry are more than 4 KiB together: ext4 does not hold them, XFS and Btrfs do.',
    section: 'xattr(7), "Filesystem differences"',
    remedy: 'Unpack on a disk that holds them, or make the layer anew with fewer.',
  },
  'tar-symlink-target': {
    severity: 'error',
    means: 'A symbolic link has no target, or one of more than 4,095 bytes: no system makes it.',
    section: 'image-spec layer.md, "File Types"; symlink(2)',
    remedy: 'Make the layer anew: what was meant cannot be known.',
  },
  'tar-path-long': {
    severity: 'warning',
    means: 'A path is so long that with the directory it is unpacked to it is more than Linux takes (4,095 bytes).',
    section: 'path_resolution(7)',
    remedy: 'Make the layer anew with shorter names.',
  },
} as const satisfies Readonly<Record<string, FindingKind>>;

/** What no specification forbids and some engine does not take. */
export const engineKinds: Readonly<Record<EngineFactCode, FindingKind>> = {
  ...documents,
  ...tars,
  'compression-trailing': {
    severity: 'warning',
    means:
      'Zeros follow the compressed layer, as programs that write whole blocks leave them. umoci and podman refuse them.',
    section: 'RFC 1952, section 2.2',
    remedy: 'Compress it anew: `ocikit fix` does.',
  },
  'tar-below-link': {
    severity: 'warning',
    means:
      'An entry stands below a symbolic link that leads nowhere. Some engines make the directory, docker refuses it.',
    section: 'image-spec layer.md: it says nothing of it',
    remedy: 'Make the layer anew, with an entry for the directory that the link leads to before what stands in it.',
  },
};
