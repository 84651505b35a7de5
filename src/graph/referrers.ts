import { OciError } from '../errors.ts';
import { containerdSubject, cosignKindOf, fallbackDigest, isCosignTag } from '../image/about.ts';
import { attestedDigest } from '../image/attestation.ts';
import { documentLimit } from '../limits.ts';
import { isIndexType } from '../spec/media-type.ts';
import { withoutNames } from '../spec/name.ts';
import type { Descriptor } from '../spec/objects.ts';
import { readManifest } from './image-reader.ts';
import { objectIn, subjectIn } from './reach.ts';
import type { ImageSource } from './source.ts';
import { type GraphNode, isMissing, walk } from './walk.ts';

/** How it is known that a document is about another: its own `subject`, containerd's annotation, a fallback tag, cosign's tags and kinds, BuildKit's annotations; or its `subject`, where no entry leads to it. */
type Via = 'subject' | 'annotation' | 'fallback-tag' | 'cosign' | 'attestation' | 'scan';

/** A document that is about another. */
export interface Referrer {
  readonly descriptor: Descriptor;
  /** The digest of what it is about. */
  readonly subject: string;
  readonly via: readonly Via[];
  /** Whether an entry of the place's own index names it. */
  readonly isListed: boolean;
}

/** All referrers of a place, in the order in which they are met, and a sentence for each document that could not be read and so may be one. */
interface Found {
  readonly referrers: readonly Referrer[];
  /** Entries that are named so that registries find what is about a digest. */
  readonly tags: readonly { readonly subject: string; readonly entry: Descriptor }[];
  readonly warnings: readonly string[];
}

/** Artifact manifests that no reader parses any more. */
const oldArtifact = /^application\/vnd\.(?:oci\.artifact\.manifest\.v1|cncf\.oras\.artifact\.manifest\.v1)\+json$/;

/** The digest that a document is about. Throws what is wrong with the document, unless it is not there. */
async function subjectOf(source: ImageSource, node: GraphNode): Promise<string | undefined> {
  if (node.fault !== undefined && !isMissing(node)) throw node.fault;
  if (node.kind === 'index') return node.document?.value.subject?.digest;
  const { descriptor } = node;
  if (!(await source.has(descriptor))) return undefined;
  if (node.kind === 'manifest') return (await readManifest(source, descriptor)).value.subject?.digest;
  if (!oldArtifact.test(descriptor.mediaType) || descriptor.size > documentLimit) return undefined;
  const document = objectIn(await source.read(descriptor));
  return document === undefined ? undefined : subjectIn(document);
}

/** What has been found so far. State: each document once for each subject. */
class Finding {
  readonly #found = new Map<
    string,
    { readonly descriptor: Descriptor; readonly subject: string; readonly via: Via[] }
  >();

  add(subject: string, descriptor: Descriptor, via: Via): void {
    const key = `${subject} ${descriptor.digest}`;
    const known = this.#found.get(key) ?? { descriptor, subject, via: [] };
    if (!known.via.includes(via)) known.via.push(via);
    this.#found.set(key, known);
  }

  referrers(entries: readonly Descriptor[]): readonly Referrer[] {
    const listed = new Set<string>(entries.map(({ digest }) => digest));
    return [...this.#found.values()].map(found => ({ ...found, isListed: listed.has(found.descriptor.digest) }));
  }
}

/** What entries of the place's index say of themselves. */
function findByEntries(entries: readonly Descriptor[], nodes: readonly GraphNode[], finding: Finding): Found['tags'] {
  const tags: { subject: string; entry: Descriptor }[] = [];
  const images = entries.filter(entry => ['image', 'imageIndex'].includes(cosignKindOf(entry) ?? ''));
  for (const entry of entries) {
    const said = entry.annotations?.[containerdSubject];
    if (said !== undefined) finding.add(said, withoutNames(entry), 'annotation');
    if (['sigs', 'atts'].includes(cosignKindOf(entry) ?? ''))
      for (const { digest } of images) finding.add(digest, withoutNames(entry), 'cosign');
    const subject = fallbackDigest(entry);
    if (subject === undefined || !(isIndexType(entry.mediaType) || isCosignTag(entry))) continue;
    tags.push({ subject, entry });
    if (isCosignTag(entry)) finding.add(subject, withoutNames(entry), 'cosign');
    const list = nodes.find(({ kind, descriptor }) => kind === 'index' && descriptor.digest === entry.digest);
    if (list?.kind === 'index' && !isCosignTag(entry))
      for (const child of list.document?.value.manifests ?? []) finding.add(subject, child, 'fallback-tag');
  }
  return tags;
}

/** Everything in a place that is about something, by every convention there is (distribution-spec, "Referrers Tag Schema"). */
export async function findReferrers(source: ImageSource): Promise<Found> {
  const entries = (await source.index()).value.manifests;
  const { nodes } = await walk(source, entries, { listOnly: true });
  const finding = new Finding();
  const warnings: string[] = [];
  for (const node of nodes) {
    try {
      const subject = await subjectOf(source, node);
      if (subject !== undefined) finding.add(subject, node.descriptor, 'subject');
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      warnings.push(error.message);
    }
    if (node.kind !== 'index') continue;
    for (const child of node.document?.value.manifests ?? []) {
      const attested = attestedDigest(child);
      if (attested !== undefined) finding.add(attested, child, 'attestation');
    }
  }
  const tags = findByEntries(entries, nodes, finding);
  return { referrers: finding.referrers(entries), tags, warnings };
}

/** What refers to some documents, and by which entries registries find it. */
interface Referrers {
  readonly manifests: readonly Descriptor[];
  readonly tags: readonly Descriptor[];
  readonly warnings: readonly string[];
}

/**
 * The documents of a place that are about one of these digests, and those about them in turn: signatures, SBOMs
 * (image-spec manifest.md, "subject"). In the order met; attestations that an index lists are a part of that.
 */
export async function referrersOf(source: ImageSource, digests: Iterable<string>): Promise<Referrers> {
  const { referrers, tags, warnings } = await findReferrers(source);
  const about = referrers.filter(({ via }) => via.some(way => way !== 'attestation'));
  const bySubject = new Map<string, Descriptor[]>(about.map(({ subject }) => [subject, []]));
  for (const { descriptor, subject } of about) bySubject.get(subject)?.push(descriptor);
  const wanted = new Set(digests);
  // What is found is looked at in turn: a set is gone through to its end, whatever is added on the way.
  for (const digest of wanted) for (const { digest: found } of bySubject.get(digest) ?? []) wanted.add(found);
  const manifests = new Map(
    about
      .filter(({ subject }) => wanted.has(subject))
      .map(({ descriptor }) => [descriptor.digest, descriptor] as const),
  );
  return {
    manifests: [...manifests.values()],
    tags: tags.filter(({ subject }) => wanted.has(subject)).map(({ entry }) => entry),
    warnings,
  };
}
