import type { FindingKind } from './finding-kind.ts';

export type DocumentCode =
  | 'layer-count'
  | 'history-count'
  | 'platform-mismatch'
  | 'platform-empty'
  | 'media-type-mismatch'
  | 'null-list'
  | 'artifact-type-missing'
  | 'env-malformed'
  | 'env-duplicate'
  | 'port-malformed'
  | 'working-directory-relative'
  | 'stop-signal-unknown'
  | 'name-duplicate'
  | 'name-grammar'
  | 'config-deprecated'
  | 'user-unknown'
  | 'descriptor-urls'
  | 'descriptor-url-scheme';

/** What may be wrong with manifests, indexes and configs and no schema can say. */
export const documentKinds: Readonly<Record<DocumentCode, FindingKind>> = {
  'layer-count': {
    severity: 'error',
    means: 'The config has more or fewer diffIDs than the manifest has layers.',
    section: 'image-spec config.md, "rootfs"',
    remedy: 'Make the image anew: which layer a diffID belongs to cannot be known.',
  },
  'history-count': {
    severity: 'error',
    means: 'The lines of history that made a layer are more or fewer than the layers.',
    section: 'image-spec config.md, "history"',
    remedy: 'Make the image anew, or leave the history out: `ocikit fix` does.',
  },
  'platform-mismatch': {
    severity: 'error',
    means: 'The index says another platform than the config: one machine or another gets the wrong image.',
    section: 'image-spec image-index.md, "platform"',
    remedy: "Write the config's platform into the index: `ocikit fix` does.",
  },
  'platform-empty': {
    severity: 'warning',
    means: 'A config has no name of its system or architecture; cosign and others write such.',
    section: 'image-spec config.md, "architecture", "os"',
    remedy: 'Nothing, for signatures. An image gets its platform by `ocikit config --platform`.',
  },
  'media-type-mismatch': {
    severity: 'warning',
    means: 'A document says another media type than the descriptor that leads to it. What the descriptor says counts.',
    section: 'image-spec media-types.md, "Media Type Conflicts"',
    remedy: 'Write one of the two anew: `ocikit fix` gives the descriptor the type of the document.',
  },
  'null-list': {
    severity: 'warning',
    means:
      'null stands where a list or a map belongs, as Go writes an empty one. Every engine takes it for an empty one.',
    section: 'image-spec config.md, "Properties"',
    remedy: 'Nothing; `ocikit config` and whatever else edits the document leave the field out.',
  },
  'artifact-type-missing': {
    severity: 'error',
    means: 'A manifest has the empty config and no artifactType: nobody knows what it is.',
    section: 'image-spec manifest.md, "artifactType"',
    remedy: 'Attach it anew with its type: `ocikit attach --artifact-type`.',
  },
  'env-malformed': {
    severity: 'error',
    means: 'An environment variable is not `name=value`.',
    section: 'image-spec config.md, "Env"',
    remedy: "Set it anew: `ocikit config -c 'ENV name=value'`.",
  },
  'env-duplicate': {
    severity: 'warning',
    means: 'A variable is set twice: programs disagree about which of the two counts.',
    section: 'image-spec config.md, "Env"',
    remedy: "Set it once: `ocikit config -c 'ENV name=value'`.",
  },
  'port-malformed': {
    severity: 'error',
    means: 'A key of ExposedPorts is not `port[/tcp|udp|sctp]`.',
    section: 'image-spec config.md, "ExposedPorts"',
    remedy: "Set it anew: `ocikit config --unset port`, `ocikit config -c 'EXPOSE 80/tcp'`.",
  },
  'working-directory-relative': {
    severity: 'warning',
    means: 'The working directory is not an absolute path, which runtimes ask for.',
    section: 'image-spec config.md, "WorkingDir"; runtime-spec config.md, "process"',
    remedy: "Set it anew: `ocikit config -c 'WORKDIR /app'`.",
  },
  'stop-signal-unknown': {
    severity: 'error',
    means: 'A stop signal that no Linux knows.',
    section: 'image-spec config.md, "StopSignal"',
    remedy: "Set it anew: `ocikit config -c 'STOPSIGNAL SIGTERM'`.",
  },
  'name-duplicate': {
    severity: 'error',
    means: 'One name stands for two images of an index: which one a program takes is chance.',
    section: 'image-spec annotations.md, "org.opencontainers.image.ref.name"',
    remedy: 'Say which one it is: `ocikit tag PLACE@DIGEST name`.',
  },
  'name-grammar': {
    severity: 'warning',
    means:
      "A name is outside the grammar of `org.opencontainers.image.ref.name`. Docker's tags are not all inside it (`a__b`, `v1..2`).",
    section: 'image-spec annotations.md, "org.opencontainers.image.ref.name"',
    remedy: 'Give the image another name: `ocikit tag`, `ocikit untag`.',
  },
  'user-unknown': {
    severity: 'note',
    means:
      "The config's user or group is a name that the image's own /etc/passwd or /etc/group has not: no engine can start it.",
    section: 'image-spec config.md, "User"; conversion.md, "Config.User"',
    remedy: "Say a uid (`ocikit config -c 'USER 1000'`), or add the user to the image's files.",
  },
  'config-deprecated': {
    severity: 'note',
    means:
      'A config has a field that is deprecated: `ArgsEscaped`, which only images for Windows ever meant anything by.',
    section: 'image-spec config.md, "ArgsEscaped"',
    remedy: 'Nothing: engines pass over it.',
  },
  'descriptor-urls': {
    severity: 'note',
    means: 'A descriptor says from where else its blob may be fetched: some engines do so, whatever the network is.',
    section: 'image-spec descriptor.md, "urls"',
    remedy: 'Look whether it is meant; `ocikit copy` keeps it.',
  },
  'descriptor-url-scheme': {
    severity: 'warning',
    means: 'A descriptor names an address of its blob that is neither https nor http.',
    section: 'image-spec descriptor.md, "urls"',
    remedy: 'Write an address of http or https, or leave the field out.',
  },
};
