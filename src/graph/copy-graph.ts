import { invalid, notFound } from '../errors.ts';
import { blobLimit, depthLimit } from '../limits.ts';
import { isIndexType, isManifestType } from '../spec/media-type.ts';
import type { Descriptor } from '../spec/objects.ts';
import { readIndex, readManifest } from './image-reader.ts';
import type { ImageSource, ImageStore } from './source.ts';

/** Everything that descriptors lead to, each digest once, what is referred to before what refers to it. */
export interface Graph {
  readonly blobs: readonly Descriptor[];
  /** What an index lists and the source has not, as archives of one platform leave the others out. */
  readonly missing: readonly Descriptor[];
}

/** One walk over manifests and indexes. */
class Walk {
  readonly #source: ImageSource;
  readonly #seen = new Set<string>();
  readonly blobs: Descriptor[] = [];
  readonly missing: Descriptor[] = [];

  constructor(source: ImageSource) {
    this.#source = source;
  }

  async visit(descriptor: Descriptor, depth: number): Promise<void> {
    const { mediaType, digest } = descriptor;
    if (depth > depthLimit)
      throw invalid(this.#source.subject, `indexes nested at most ${depthLimit} deep`, 'a deeper one');
    if (this.#seen.has(digest)) return;
    this.#seen.add(digest);
    if (this.#seen.size > blobLimit) throw invalid(this.#source.subject, `at most ${blobLimit} blobs`, 'more');
    if (isIndexType(mediaType)) await this.#index(descriptor, depth);
    else if (isManifestType(mediaType)) await this.#manifest(descriptor);
    this.blobs.push(descriptor);
  }

  async #index(descriptor: Descriptor, depth: number): Promise<void> {
    for (const child of (await readIndex(this.#source, descriptor)).value.manifests) {
      if (await this.#source.has(child)) await this.visit(child, depth + 1);
      else this.missing.push(child);
    }
  }

  async #manifest(descriptor: Descriptor): Promise<void> {
    const { config, layers } = (await readManifest(this.#source, descriptor)).value;
    for (const blob of [config, ...layers]) {
      if (this.#seen.has(blob.digest)) continue;
      this.#seen.add(blob.digest);
      if (await this.#source.has(blob)) this.blobs.push(blob);
      else if (blob.urls === undefined || blob.urls.length === 0) throw absent(this.#source, blob);
      else this.missing.push(blob);
    }
  }
}

const absent = ({ subject }: ImageSource, { digest }: Descriptor): Error =>
  notFound(`${subject}: blob ${digest}`, 'a blob');

/**
 * Walks from descriptors to everything they need (image-spec descriptor.md): documents are read and checked, other blobs are
 * only looked for. Blobs with `urls` need not be there, nor all images of an index. Throws `not-found` for any other blob
 * that is not there, and `invalid` where indexes are nested too deep or there is too much.
 */
export async function walkGraph(source: ImageSource, roots: readonly Descriptor[]): Promise<Graph> {
  const walk = new Walk(source);
  for (const root of roots) {
    if (!(await source.has(root))) throw absent(source, root);
    await walk.visit(root, 0);
  }
  return { blobs: walk.blobs, missing: walk.missing };
}

/** A sentence for each blob that a graph lacks. */
export function missingBlobs({ missing }: Graph, { subject }: ImageSource): readonly string[] {
  return missing.map(({ digest }) => `${subject}: ${digest} is listed and not there: it is left out`);
}

/** Brings a graph into a store, what is referred to first, so that at no moment a document is there without its blobs. */
export async function copyGraph(source: ImageSource, graph: Graph, store: ImageStore): Promise<void> {
  for (const descriptor of graph.blobs) await store.bring(source, descriptor);
}
