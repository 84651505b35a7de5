import { notFound, type OciError } from '../errors.ts';
import type { Descriptor, ImageIndex, Manifest } from '../spec/objects.ts';
import { oddOf } from '../spec/odd-entries.ts';
import { proveConverted } from './prove-image.ts';
import type { ImageSource, ImageStore } from './source.ts';
import { type Graph, type GraphNode, isMissing, walk } from './walk.ts';

/** Everything that descriptors need. */
export interface Needed {
  readonly graph: Graph;
  /** Each digest once, what is referred to before what refers to it. */
  readonly blobs: readonly Descriptor[];
  /** What an index lists and the source has not, as archives of one platform leave the others out. */
  readonly missing: readonly Descriptor[];
  /** What is wrong with entries of its indexes that are no descriptors: they lead nowhere. */
  readonly odd: readonly OciError[];
}

const absent = ({ subject }: ImageSource, { digest }: Descriptor): Error =>
  notFound(`${subject}: blob ${digest}`, 'a blob');

/** What an image cannot do without. */
function checkParts(source: ImageSource, graph: Graph, manifest: Manifest): void {
  const missing = new Set(
    graph
      .parts(manifest)
      .filter(isMissing)
      .map(({ descriptor }) => descriptor.digest),
  );
  for (const blob of [manifest.config, ...manifest.layers])
    if (missing.has(blob.digest) && !blob.urls?.length) throw absent(source, blob);
}

function checkNode(source: ImageSource, graph: Graph, node: GraphNode): void {
  if (node.fault !== undefined && !isMissing(node)) throw node.fault;
  if (node.kind === 'manifest' && node.document !== undefined) checkParts(source, graph, node.document.value);
}

/**
 * Walks from descriptors to everything they need (image-spec descriptor.md): documents are read and checked, other blobs are
 * only looked for. Blobs with `urls` need not be there, nor all images of an index. Throws `not-found` for any other blob
 * that is not there, and `invalid` as `walk` does and where a document is damaged.
 */
export async function neededBlobs(source: ImageSource, roots: readonly Descriptor[]): Promise<Needed> {
  const graph = await walk(source, roots);
  for (const root of roots) if (graph.entry(root)?.fault?.code === 'not-found') throw absent(source, root);
  for (const node of graph.nodes) checkNode(source, graph, node);
  const nodes = new Map(graph.nodes.map(node => [`${node.descriptor.digest} ${node.descriptor.size}`, node]));
  const different = [...nodes.values()];
  return {
    graph,
    blobs: different.filter(node => !isMissing(node)).map(({ descriptor }) => descriptor),
    missing: different.filter(isMissing).map(({ descriptor }) => descriptor),
    odd: graph.nodes.flatMap(node => (node.kind === 'index' && node.document ? faultsIn(node.document.value) : [])),
  };
}

const faultsIn = (index: ImageIndex): readonly OciError[] => oddOf(index).map(({ fault }) => fault);

/** A sentence for each blob that is needed and not there, and for each entry of an index that is none. */
export function missingBlobs({ missing, odd }: Needed, { subject }: ImageSource): readonly string[] {
  return [
    ...missing.map(({ digest }) => `${subject}: ${digest} is listed and not there: it is left out`),
    ...odd.map(({ message }) => message),
  ];
}

/**
 * Brings blobs into a store, what is referred to first, so that at no moment a document is there without its blobs. Throws as
 * `proveConverted`.
 */
export async function copyBlobs(source: ImageSource, { blobs, graph }: Needed, store: ImageStore): Promise<void> {
  await proveConverted(source, graph);
  for (const descriptor of blobs) await store.bring(source, descriptor);
}
