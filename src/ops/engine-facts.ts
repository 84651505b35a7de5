import type { ImageSource } from '../graph/source.ts';
import { type Graph, type GraphNode, nodesUnder } from '../graph/walk.ts';
import { isAttestation } from '../image/attestation.ts';
import { blobAt, documentAt, type Finding } from '../image/finding.ts';
import { finding } from '../image/finding-codes.ts';
import { kindOfTypes } from '../image/image-kind.ts';
import { isConfigType, isIndexType } from '../spec/media-type.ts';
import type { Descriptor, Manifest } from '../spec/objects.ts';

const isImage = ({ value }: { readonly value: Manifest }): boolean => isConfigType(value.config.mediaType);

function factOf(node: GraphNode): Finding | undefined {
  const { kind, descriptor } = node;
  const { digest, mediaType } = descriptor;
  if (kind === 'blob') return finding('media-type-unknown', blobAt(digest), `media type '${mediaType}'`);
  if (kind !== 'manifest' || node.document === undefined || isAttestation(descriptor)) return undefined;
  const place = documentAt('manifest', digest);
  const { value } = node.document;
  if (!isImage(node.document)) return finding('artifact', place, `its config is of type '${value.config.mediaType}'`);
  const types = kindOfTypes(value, descriptor.mediaType);
  if (types === 'mixed') return finding('media-types-mixed', place, "docker's media types and OCI's in one image");
  return types === 'docker' ? finding('media-types-docker', place, "docker's media types") : undefined;
}

const isFaulty = ({ fault }: GraphNode): boolean => fault !== undefined;
const isListedImage = ({ kind, descriptor }: GraphNode): boolean => kind === 'manifest' && !isAttestation(descriptor);

export const noImage = ({ subject }: ImageSource): Finding =>
  finding('image-missing', { within: subject }, 'expected an image, got none');

/** What no specification forbids, and engines mind, in all that some entries lead to. */
export function engineFacts(source: ImageSource, graph: Graph, roots: readonly Descriptor[]): readonly Finding[] {
  const { nodes } = graph;
  const found = nodes.flatMap(node => factOf(node) ?? []);
  const mayBeImage = nodes.some(
    node => isFaulty(node) || (node.kind === 'manifest' && node.document !== undefined && isImage(node.document)),
  );
  if (roots.length > 0 && !mayBeImage) found.push(noImage(source));
  if (nodes.some(isFaulty)) return found;
  for (const root of roots) {
    if (!isIndexType(root.mediaType)) continue;
    const under = [...nodesUnder(graph, root)];
    const images = under.filter(isListedImage).length;
    const manifests = under.filter(({ kind }) => kind === 'manifest').length;
    const place = documentAt('index', root.digest);
    if (images > 1) found.push(finding('platforms-several', place, `it stands for ${images} images`));
    else if (manifests > 1) found.push(finding('manifests-several', place, `it stands for ${manifests} manifests`));
    if (under.filter(({ kind }) => kind === 'index').length > 1)
      found.push(finding('index-nested', place, 'an index that leads to another'));
  }
  // A docker-archive has no media types of its own.
  return source.isConverted === true ? found.filter(({ code }) => !code.startsWith('media-types-')) : found;
}
