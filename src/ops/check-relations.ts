import type { ImageSource } from '../graph/source.ts';
import type { GraphNode } from '../graph/walk.ts';
import { fallbackDigest, fallbackName } from '../image/about.ts';
import { attestedDigest, attestedKey, isAttestation } from '../image/attestation.ts';
import { indexFile } from '../image/check.ts';
import { at, documentAt, type Finding, field, type Place } from '../image/finding.ts';
import { finding } from '../image/finding-codes.ts';
import { annotationKeys } from '../spec/annotations.ts';
import { nameOf } from '../spec/name.ts';
import type { Descriptor, ImageIndex, Manifest } from '../spec/objects.ts';
import { placedEntries } from '../spec/odd-entries.ts';
import { formatPlatform } from '../spec/platform.ts';

type DocumentNode = Extract<GraphNode, { readonly kind: 'index' | 'manifest' }>;
type Nodes = ReadonlyMap<string, DocumentNode>;

const isDocument = (node: GraphNode): node is DocumentNode => node.kind === 'index' || node.kind === 'manifest';

/** The entries of an index, with the place of each. */
const placed = (index: ImageIndex, place: Place): readonly (readonly [Descriptor, Place])[] =>
  placedEntries(index).map(([position, entry]) => [entry, at(place, `/manifests/${position}`)] as const);

/** What a manifest or an index says that it is; of a manifest without a type its config does (manifest.md, "artifactType"). */
function typeOf({ document }: DocumentNode): string | undefined {
  const { artifactType, config }: Partial<Manifest> = document?.value ?? {};
  return artifactType ?? config?.mediaType;
}

function checkArtifactType(entry: Descriptor, nodes: Nodes, place: Place): Finding[] {
  const node = nodes.get(entry.digest);
  if (entry.artifactType == null || node?.document === undefined) return [];
  const said = typeOf(node);
  if (said === entry.artifactType) return [];
  const message = `expected ${said ?? 'none'} as the ${node.kind} says, got ${entry.artifactType}`;
  return [finding('artifact-type-mismatch', at(place, '/artifactType'), message)];
}

/** What an index says of its entries that only others of them, or what they lead to, can bear out. */
function checkEntries(index: ImageIndex, nodes: Nodes, place: Place): Finding[] {
  const listed = new Set<string>(index.manifests.map(({ digest }) => digest));
  return placed(index, place).flatMap(([entry, where]) => {
    const found = checkArtifactType(entry, nodes, where);
    const about = attestedDigest(entry);
    if (about === undefined || listed.has(about)) return found;
    const key = at(where, `/annotations${field(attestedKey)}`);
    return [...found, finding('attestation-dangling', key, `expected a manifest of this index, got '${about}'`)];
  });
}

/** Images of one index for one platform; in the index of a place each entry is an image of its own. */
function checkPlatforms(index: ImageIndex, place: Place): Finding[] {
  const seen = new Set<string>();
  return placed(index, place).flatMap(([entry, where]) => {
    const { platform, artifactType } = entry;
    if (platform == null || artifactType != null || isAttestation(entry)) return [];
    const name = formatPlatform(platform);
    const key = [name, platform['os.version'] ?? '', ...(platform['os.features'] ?? [])].join('\n');
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [finding('platform-duplicate', at(where, '/platform'), `another image for ${name}`)];
  });
}

async function checkSubject(source: ImageSource, node: DocumentNode): Promise<Finding[]> {
  const subject = node.document?.value.subject;
  if (subject == null || (await source.has(subject))) return [];
  const place = documentAt(node.kind, node.descriptor.digest);
  return [finding('subject-missing', at(place, '/subject'), `about ${subject.digest}, which is not here`)];
}

/** Tags by which clients of registries without referrers find what is about a digest (distribution-spec, "Referrers Tag Schema"). */
function checkTags(index: ImageIndex, nodes: Nodes): Finding[] {
  return placed(index, indexFile).flatMap(([entry, where]) => {
    const subject = fallbackDigest(entry);
    // Other tags that begin so, with an ending of their own, are cosign's and regclient's.
    if (subject === undefined || nameOf(entry) !== fallbackName(subject)) return [];
    const place = at(where, `/annotations${field(annotationKeys.refName)}`);
    const list = nodes.get(entry.digest);
    if (list === undefined || list.kind === 'manifest')
      return [finding('referrer-tag-mismatch', place, `expected an index that lists what is about ${subject}`)];
    return (list.document?.value.manifests ?? []).flatMap(({ digest }) => {
      const about = nodes.get(digest)?.document?.value.subject?.digest;
      if (about === undefined || about === subject) return [];
      return [
        finding('referrer-tag-mismatch', place, `expected what is about ${subject}, got ${digest}, about ${about}`),
      ];
    });
  });
}

/** How the documents of a place go together: subjects, attestations, types of artifacts, platforms, and the tags that its own index, where it is given, has for referrers. */
export async function checkRelations(
  source: ImageSource,
  all: readonly GraphNode[],
  own?: ImageIndex,
): Promise<Finding[]> {
  const documents = all.filter(isDocument);
  const nodes: Nodes = new Map(documents.map(node => [node.descriptor.digest, node]));
  const found = own === undefined ? [] : [...checkEntries(own, nodes, indexFile), ...checkTags(own, nodes)];
  for (const node of documents) {
    for (const one of await checkSubject(source, node)) found.push(one);
    if (node.kind !== 'index' || node.document === undefined) continue;
    const place = documentAt('index', node.descriptor.digest);
    const { value } = node.document;
    for (const one of [...checkEntries(value, nodes, place), ...checkPlatforms(value, place)]) found.push(one);
  }
  return found;
}
