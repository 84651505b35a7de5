import { invalid, notFound, OciError } from '../errors.ts';
import { isAttestation } from '../image/attestation.ts';
import { blobLimit, depthLimit } from '../limits.ts';
import { isIndexType, isManifestType } from '../spec/media-type.ts';
import type { Descriptor, Document, ImageIndex, Manifest } from '../spec/objects.ts';
import { readIndex, readManifest } from './image-reader.ts';
import type { ImageSource } from './source.ts';

/** What a descriptor leads to. */
interface Met {
  /** As it was listed first. */
  readonly descriptor: Descriptor;
  /** What was thrown where it was looked for, read or parsed: `not-found` where it is missing, anything else where it is damaged. */
  readonly fault?: OciError;
  /** How many indexes and manifests lie one within the other below it. */
  readonly height: number;
}

/** One blob that a walk met: documents come parsed, unless something is wrong with them or they were not wanted. */
export type GraphNode =
  | (Met & { readonly kind: 'index'; readonly document?: Document<ImageIndex> })
  | (Met & { readonly kind: 'manifest'; readonly document?: Document<Manifest> })
  | (Met & { readonly kind: 'config' | 'layer' | 'blob' });

type Kind = GraphNode['kind'];
type Listed = readonly [kind: Kind, descriptor: Descriptor];

interface WalkOptions {
  /** Manifests are listed, not read, and other blobs not looked for. */
  readonly listOnly?: boolean;
  /** Attestations and what lies below them are left out. */
  readonly withoutAttestations?: boolean;
  /** What documents are about (`subject`) is visited as well where it is there. */
  readonly subjects?: boolean;
}

/** Everything that some descriptors lead to. */
export interface Graph {
  /** Each blob once, what is referred to before what refers to it. */
  readonly nodes: readonly GraphNode[];
  /** The node that an index's entry, or a root, leads to; undefined where it was left out. */
  entry(descriptor: Descriptor): GraphNode | undefined;
  /** The nodes of a manifest's config and layers. */
  parts(manifest: Manifest): readonly GraphNode[];
}

const entryKind = ({ mediaType }: Descriptor): Kind =>
  isIndexType(mediaType) ? 'index' : isManifestType(mediaType) ? 'manifest' : 'blob';

const partsOf = ({ config, layers }: Manifest): readonly Listed[] => [
  ['config', config],
  ...layers.map((layer): Listed => ['layer', layer]),
];

/** A size that differs from the true one is another blob, one that is damaged; and so is one with other bytes of its own (`data`). */
export const descriptorKey = ({ digest, size, data }: Descriptor): string =>
  `${digest} ${size}${data == null ? '' : ` ${data}`}`;

const keyOf = ([kind, descriptor]: Listed): string => `${kind} ${descriptorKey(descriptor)}`;

export const isMissing = ({ fault }: GraphNode): boolean => fault?.code === 'not-found';

/** One walk, depth first. State: what has been met, and what is being visited. */
class Walk {
  readonly #source: ImageSource;
  readonly #options: WalkOptions;
  readonly #open = new Set<string>();
  readonly nodes = new Map<string, GraphNode>();

  constructor(source: ImageSource, options: WalkOptions) {
    this.#source = source;
    this.#options = options;
  }

  async entries(descriptors: readonly Descriptor[], depth: number): Promise<number> {
    let height = 0;
    for (const descriptor of descriptors) {
      if (this.#options.withoutAttestations === true && isAttestation(descriptor)) continue;
      const node = await this.#visit([entryKind(descriptor), descriptor], depth);
      if (node.kind !== 'blob') height = Math.max(height, node.height + 1);
    }
    return height;
  }

  async #visit(listed: Listed, depth: number): Promise<GraphNode> {
    const key = keyOf(listed);
    const known = this.nodes.get(key);
    this.#checkDepth(depth + (known?.height ?? 0));
    if (known !== undefined) return known;
    if (this.#open.has(key))
      throw invalid(this.#source.subject, 'documents that do not lead back to themselves', listed[1].digest);
    if (this.#open.size + this.nodes.size >= blobLimit)
      throw invalid(this.#source.subject, `at most ${blobLimit} blobs`, 'more');
    this.#open.add(key);
    const node = await this.#below(await this.#read(listed), depth);
    this.#open.delete(key);
    this.nodes.set(key, node);
    return node;
  }

  #checkDepth(depth: number): void {
    if (depth > depthLimit)
      throw new OciError(
        'invalid',
        this.#source.subject,
        `expected indexes nested at most ${depthLimit} deep, got a deeper one`,
        { isTooDeep: true },
      );
  }

  /** Reads a document, and looks for what is none. What goes wrong is a part of the answer. */
  async #read([kind, descriptor]: Listed): Promise<GraphNode> {
    const node = { kind, descriptor, height: 0 } as GraphNode;
    if (this.#options.listOnly === true && kind !== 'index') return node;
    try {
      if (!(await this.#source.has(descriptor)))
        throw notFound(`${this.#source.subject}: blob ${descriptor.digest}`, 'a blob');
      if (kind === 'index') return { ...node, kind, document: await readIndex(this.#source, descriptor) };
      if (kind === 'manifest') return { ...node, kind, document: await readManifest(this.#source, descriptor) };
      return node;
    } catch (error) {
      if (error instanceof OciError) return { ...node, fault: error };
      throw error;
    }
  }

  async #below(node: GraphNode, depth: number): Promise<GraphNode> {
    if (node.kind !== 'index' && node.kind !== 'manifest') return node;
    if (node.document === undefined) return node;
    const { subject } = node.document.value;
    if (node.kind === 'manifest') for (const part of partsOf(node.document.value)) await this.#visit(part, 0);
    const below = node.kind === 'index' ? await this.entries(node.document.value.manifests, depth + 1) : 0;
    const isFollowed = this.#options.subjects === true && subject != null && (await this.#source.has(subject));
    const about = isFollowed ? await this.entries([subject], depth + 1) : 0;
    return { ...node, height: Math.max(below, about) };
  }
}

/**
 * The one walk over manifests and indexes (image-spec image-index.md, manifest.md): everything that `roots` lead to, each blob
 * visited once and each document read and parsed once, however often it is listed. What is missing or damaged is a node that
 * says so. Throws `invalid` where indexes are nested too deep, lead back to themselves, or there is too much.
 */
export async function walk(
  source: ImageSource,
  roots: readonly Descriptor[],
  options: WalkOptions = {},
): Promise<Graph> {
  const visited = new Walk(source, options);
  await visited.entries(roots, 0);
  const { nodes } = visited;
  return {
    nodes: [...nodes.values()],
    entry: descriptor => nodes.get(keyOf([entryKind(descriptor), descriptor])),
    parts: manifest => partsOf(manifest).flatMap(listed => nodes.get(keyOf(listed)) ?? []),
  };
}

/** The indexes and manifests, and what else is listed as they are, that an entry leads to, each once: what is referred to first. */
export function* nodesUnder(graph: Graph, entry: Descriptor, seen: Set<GraphNode> = new Set()): Generator<GraphNode> {
  const node = graph.entry(entry);
  if (node === undefined || seen.has(node)) return;
  seen.add(node);
  if (node.kind === 'index')
    for (const child of node.document?.value.manifests ?? []) yield* nodesUnder(graph, child, seen);
  yield node;
}

/** An entry of an index, the index where it is a nested one, and what it leads to. */
interface Listing {
  readonly entry: Descriptor;
  readonly inside: Descriptor | null;
  readonly node: GraphNode | undefined;
}

/**
 * What the index that an entry leads to lists, nested ones included, in the order in which they say it, with the index that lists it: of
 * an index that several list once. Throws what is wrong with one that is there.
 */
export function* listedIn(
  graph: Graph,
  entries: readonly Descriptor[],
  { inside = null, seen = new Set() }: { inside?: Descriptor | null; seen?: Set<GraphNode> } = {},
): Generator<Listing> {
  for (const entry of entries) {
    const node = graph.entry(entry);
    yield { entry, inside, node };
    if (node?.kind !== 'index' || seen.has(node)) continue;
    seen.add(node);
    if (node.fault !== undefined && !isMissing(node)) throw node.fault;
    yield* listedIn(graph, node.document?.value.manifests ?? [], { inside: entry, seen });
  }
}

/** The layers that a walk met. */
export const layersIn = ({ nodes }: Graph): readonly Descriptor[] =>
  nodes.flatMap(({ kind, descriptor }) => (kind === 'layer' ? [descriptor] : []));

/** The manifests that some descriptors lead to, as they are listed, attestations left out. None of them has been looked for. */
export async function listManifests(source: ImageSource, roots: readonly Descriptor[]): Promise<readonly Descriptor[]> {
  const { nodes } = await walk(source, roots, { listOnly: true, withoutAttestations: true });
  for (const node of nodes) if (node.fault !== undefined && !isMissing(node)) throw node.fault;
  return nodes.flatMap(({ kind, descriptor }) => (kind === 'manifest' ? [descriptor] : []));
}
