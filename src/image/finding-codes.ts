import type { Finding } from './finding.ts';

type FindingCode =
  | 'layer-count'
  | 'history-count'
  | 'platform-mismatch'
  | 'media-type-mismatch'
  | 'data-mismatch'
  | 'layer-mislabelled'
  | 'layer-type-unknown'
  | 'layer-encrypted'
  | 'tar-type-unusual'
  | 'table-mismatch'
  | 'null-list'
  | 'platform-empty'
  | 'place'
  | 'artifact-type-missing'
  | 'env-malformed'
  | 'env-duplicate'
  | 'port-malformed'
  | 'working-directory-relative'
  | 'stop-signal-unknown'
  | 'name-duplicate'
  | 'name-grammar';

/** Every code of the image checks, with its severity. Codes are stable: scripts depend on them. */
const findingCodes: Readonly<Record<FindingCode, Finding['severity']>> = {
  /** The config has more or fewer diff_ids than the manifest has layers (config.md). */
  'layer-count': 'error',
  /** History lines with a layer are more or fewer than layers (config.md). */
  'history-count': 'error',
  /** The index says another platform than the config (image-index.md). */
  'platform-mismatch': 'error',
  /** A document says another media type than the descriptor that leads to it (media-types.md). */
  'media-type-mismatch': 'warning',
  /** The embedded data of a descriptor is not base64, or not what its size and digest say (descriptor.md). */
  'data-mismatch': 'error',
  /** A layer's media type names another compression than its bytes have: the bytes count (layer.md). */
  'layer-mislabelled': 'warning',
  /** A layer of an image that is no tar by its media type: cosign's signatures are written so (manifest.md). */
  'layer-type-unknown': 'warning',
  /** A layer that nobody reads without its key: neither its tar nor its diffID can be looked at. */
  'layer-encrypted': 'error',
  /** A layer's tar has entries of types that tar programs read and engines refuse: D and V of GNU, X of Solaris. */
  'tar-type-unusual': 'error',
  /** A lazy layer's table of contents says otherwise than its tar: engines that fetch single files get other files than the others. */
  'table-mismatch': 'error',
  /** null where a list or a map belongs, as Go writes an empty one. */
  'null-list': 'warning',
  /** A config without a name of its system or architecture: cosign and others write such. */
  'platform-empty': 'warning',
  /** What is wrong with a place and does no harm: names in an archive that docker has not. */
  place: 'warning',
  /** The empty config without an artifactType (manifest.md). */
  'artifact-type-missing': 'error',
  /** An environment variable that is not `name=value` (config.md). */
  'env-malformed': 'error',
  /** A variable that is set twice: programs disagree about which counts. */
  'env-duplicate': 'warning',
  /** A key of ExposedPorts that is not `port[/tcp|udp|sctp]` (config.md). */
  'port-malformed': 'error',
  /** A working directory that is not absolute (config.md). */
  'working-directory-relative': 'warning',
  /** A stop signal that no Linux knows (config.md). */
  'stop-signal-unknown': 'error',
  /** One name for two images of an index. */
  'name-duplicate': 'error',
  /** A ref.name outside its grammar, which some programs refuse (annotations.md). */
  'name-grammar': 'warning',
};

export function finding(code: FindingCode, subject: string, message: string): Finding {
  return { severity: findingCodes[code], code, subject, message };
}
