import { nameOf } from '../spec/name.ts';
import type { Descriptor } from '../spec/objects.ts';
import { attestedDigest } from './attestation.ts';

const containerdSubject = 'io.containerd.manifest.subject';

/** Tags by which registries without referrers list what is about a digest: `sha256-…`, and cosign's with `.sig`, `.att` or `.sbom` behind it. */
const fallbackTag = /^(sha256|sha512)-([0-9a-f]{64,128})(?:\.\w+)?$/;

/** The digest whose referrers a tag of the fallback schema lists (distribution-spec, "Referrers Tag Schema"); undefined for any other name. */
export function fallbackDigest(entry: Descriptor): string | undefined {
  const [, algorithm, encoded] = fallbackTag.exec(nameOf(entry) ?? '') ?? [];
  return algorithm === undefined || encoded === undefined ? undefined : `${algorithm}:${encoded}`;
}

/** The digest of what an entry of an index is about, as far as the entry itself says: tags, containerd's exports, BuildKit's attestations. */
export function aboutDigest(entry: Descriptor): string | undefined {
  const { annotations } = entry;
  const subject = Object.hasOwn(annotations ?? {}, containerdSubject) ? annotations?.[containerdSubject] : undefined;
  return fallbackDigest(entry) ?? subject ?? attestedDigest(entry);
}
