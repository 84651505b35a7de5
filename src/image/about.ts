import { nameOf } from '../spec/name.ts';
import type { Descriptor } from '../spec/objects.ts';
import { attestedDigest } from './attestation.ts';

/** What containerd's and buildx's layouts say of an entry that is about another. */
export const containerdSubject = 'io.containerd.manifest.subject';

/** Tags by which registries without referrers list what is about a digest: `sha256-…`, and cosign's with `.sig`, `.att` or `.sbom` behind it. */
const fallbackTag = /^(?:_cosign:)?(sha256|sha512)-([0-9a-f]{64,128})(?:\.\w+)?$/;

/** The digest whose referrers a tag of the fallback schema lists (distribution-spec, "Referrers Tag Schema"); undefined for any other name. */
export function fallbackDigest(entry: Descriptor): string | undefined {
  const [, algorithm, encoded] = fallbackTag.exec(nameOf(entry) ?? '') ?? [];
  return algorithm === undefined || encoded === undefined ? undefined : `${algorithm}:${encoded}`;
}

/** What cosign calls what it saves. */
const cosignKind = 'kind';
const cosignPrefix = 'dev.cosignproject.cosign/';

/** What `cosign save` says that an entry is: `image`, `imageIndex`, `sigs` or `atts`. */
export function cosignKindOf({ annotations }: Descriptor): string | undefined {
  const kind = Object.hasOwn(annotations ?? {}, cosignKind) ? annotations?.[cosignKind] : undefined;
  return kind?.startsWith(cosignPrefix) === true ? kind.slice(cosignPrefix.length) : undefined;
}

/** Whether a name is one of cosign's tags: what it names is about the digest in it, and is no list. */
export const isCosignTag = (entry: Descriptor): boolean => /\.(?:sig|att|sbom)$/.test(nameOf(entry) ?? '');

/** The name by which registries without referrers list what is about a digest. */
export const fallbackName = (digest: string): string => digest.replace(':', '-');

/** The digest of what an entry of an index is about, as far as tags and containerd's exports say. */
export function taggedDigest(entry: Descriptor): string | undefined {
  const { annotations } = entry;
  const subject = Object.hasOwn(annotations ?? {}, containerdSubject) ? annotations?.[containerdSubject] : undefined;
  return fallbackDigest(entry) ?? subject;
}

/** The same as far as the entry itself says, BuildKit's attestations among them. */
export const aboutDigest = (entry: Descriptor): string | undefined => taggedDigest(entry) ?? attestedDigest(entry);
