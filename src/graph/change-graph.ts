import { notFound } from '../errors.ts';
import { attestedDigest, isAttestation, withAttested } from '../image/attestation.ts';
import { editedDocument } from '../spec/document.ts';
import { isConfigType } from '../spec/media-type.ts';
import type { Descriptor, Document, Image, ImageIndex, Manifest, Platform } from '../spec/objects.ts';
import { platformKey } from '../spec/platform.ts';
import { readImageOf } from './image-reader.ts';
import type { ImageSource } from './source.ts';
import { type Graph, type GraphNode, isMissing, walk } from './walk.ts';

/** What an entry of an index leads to. */
export interface MetEntry {
  /** The entry before. */
  readonly listed: Descriptor;
  readonly isMissing: boolean;
  /** What its document calls itself. */
  readonly mediaType: string | undefined;
  /** As it is now. */
  readonly image: Image | undefined;
}

/** What happens to the images that a descriptor leads to. */
export interface GraphChange {
  /** Which manifests are changed; attestations and artifacts never are. */
  readonly isChosen: (descriptor: Descriptor) => boolean;
  /** The very same image where nothing changes. */
  readonly change: (image: Image) => Promise<Image>;
  /** Whether the changed images hold the same files: what was attested of them then holds on. */
  readonly keepsFiles: boolean;
  /** Changes the index that the descriptor itself is; `mediaType` is what that says. */
  readonly index?: ((index: ImageIndex, mediaType: string) => ImageIndex) | undefined;
  /** Mends what an entry says of what it leads to, after its change: nothing where it is to go. `image` is there where it is one. */
  readonly entry?: ((entry: Descriptor, met: MetEntry) => Promise<Descriptor | undefined>) | undefined;
  /** Takes a document that was made of another. */
  readonly put: (document: Document<unknown>, base: Document<unknown>) => Promise<void>;
}

/** An image's platform as an index entry says it. */
export function platformOf({ config }: Image): Platform {
  const { architecture, os, variant, 'os.version': version, 'os.features': features } = config.value;
  return {
    architecture,
    os,
    ...(version ? { 'os.version': version } : {}),
    ...(features?.length ? { 'os.features': features } : {}),
    ...(variant ? { variant } : {}),
  };
}

/** What stood for one document, for another: its bytes cannot be embedded any more, all else stays. */
function listedAs(entry: Descriptor, { mediaType, digest, size }: Descriptor): Descriptor {
  const { data: _data, ...kept } = entry;
  return { ...kept, mediaType, digest, size };
}

/** What a manifest has become. */
interface MadeManifest {
  readonly document: Document<Manifest>;
  readonly image: Image;
  /** Whether its platform is another: where it stays, an entry may know more of it than the config. */
  readonly isElsewhere: boolean;
}

/** One change of a graph, what is referred to first. State: what each manifest has become. */
class Changing {
  readonly #source: ImageSource;
  readonly #graph: Graph;
  readonly #change: GraphChange;
  readonly #made = new Map<string, MadeManifest>();
  /** What each index has become: one that several list is changed once. */
  readonly #indexes = new Map<string, Descriptor>();
  readonly warnings: string[] = [];

  constructor(source: ImageSource, graph: Graph, change: GraphChange) {
    this.#source = source;
    this.#graph = graph;
    this.#change = change;
  }

  /** What stands for an entry; nothing where it goes. */
  async entry(listed: Descriptor, edit?: GraphChange['index']): Promise<Descriptor | undefined> {
    const node = this.#graph.entry(listed);
    const mend = this.#change.entry;
    if (mend === undefined) return this.#changed(listed, node, edit);
    if (node !== undefined && isMissing(node))
      return mend(listed, { listed, isMissing: true, mediaType: undefined, image: undefined });
    const entry = await this.#changed(listed, node, edit);
    const mediaType = node?.kind === 'manifest' || node?.kind === 'index' ? node.document?.value.mediaType : undefined;
    return mend(entry, { listed, isMissing: false, mediaType, image: this.#made.get(listed.digest)?.image });
  }

  async #changed(
    listed: Descriptor,
    node: GraphNode | undefined,
    edit: NonNullable<GraphChange['index']> = (index: ImageIndex): ImageIndex => index,
  ): Promise<Descriptor> {
    if (node?.fault !== undefined && !isMissing(node)) throw node.fault;
    if (node?.kind === 'index' && node.document !== undefined) {
      const key = `${listed.mediaType} ${listed.digest}`;
      const made =
        this.#indexes.get(key) ?? (await this.#index({ ...node.document, descriptor: listed }, edit)).descriptor;
      this.#indexes.set(key, made);
      return made.digest === listed.digest ? listed : listedAs(listed, made);
    }
    if (!this.#change.isChosen(listed)) return listed;
    if (node?.kind === 'manifest' && node.document !== undefined) return this.#manifest(node.document, listed);
    if (node !== undefined && isMissing(node))
      this.warnings.push(`${this.#source.subject}: ${listed.digest} is listed and not there: it is left as it is`);
    return listed;
  }

  /** What stands for the entries of an index, each in its place: those about others come after these. */
  async entries(listed: readonly Descriptor[]): Promise<readonly Descriptor[]> {
    const changed = new Map<Descriptor, Descriptor | undefined>();
    for (const child of listed) if (!isAttestation(child)) changed.set(child, await this.entry(child));
    for (const child of listed) if (isAttestation(child)) changed.set(child, await this.#attestation(child));
    return listed.flatMap(child => changed.get(child) ?? []);
  }

  async #index(document: Document<ImageIndex>, edit: NonNullable<GraphChange['index']>): Promise<Document<ImageIndex>> {
    const value = { ...document.value, manifests: await this.entries(document.value.manifests) };
    const edited = edit(value, document.descriptor.mediaType);
    const isSameType = edited.mediaType === value.mediaType;
    const made = editedDocument(document, edited, isSameType ? undefined : edited.mediaType);
    if (made !== document) await this.#change.put(made, document);
    return made;
  }

  async #manifest(document: Document<Manifest>, listed: Descriptor): Promise<Descriptor> {
    if (!isConfigType(document.value.config.mediaType)) return listed;
    const known = this.#made.get(listed.digest) ?? (await this.#image({ ...document, descriptor: listed }));
    this.#made.set(listed.digest, known);
    if (known.document.descriptor.digest === listed.digest) return listed;
    const entry = listedAs(listed, known.document.descriptor);
    return known.isElsewhere && listed.platform != null ? { ...entry, platform: platformOf(known.image) } : entry;
  }

  async #image(document: Document<Manifest>): Promise<MadeManifest> {
    const before = await readImageOf(this.#source, document);
    const image = await this.#change.change(before);
    if (image.config.descriptor.digest !== before.config.descriptor.digest)
      await this.#change.put(image.config, before.config);
    if (image.manifest.descriptor.digest !== document.descriptor.digest)
      await this.#change.put(image.manifest, document);
    const isElsewhere = platformKey(platformOf(before)) !== platformKey(platformOf(image));
    return { document: image.manifest, image, isElsewhere };
  }

  /** An attestation of a changed image: about the new one where its files are the same, else gone. */
  async #attestation(entry: Descriptor): Promise<Descriptor | undefined> {
    const node = this.#graph.entry(entry);
    if (node !== undefined && isMissing(node) && this.#change.entry !== undefined) return this.entry(entry);
    const about = attestedDigest(entry);
    const made = about === undefined ? undefined : this.#made.get(about)?.document.descriptor;
    if (made === undefined || made.digest === about) return entry;
    const { subject } = this.#source;
    if (!this.#change.keepsFiles) {
      this.warnings.push(`${subject}: attestation ${entry.digest} is left out: it is about files that have changed`);
      return undefined;
    }
    this.warnings.push(
      `${subject}: attestation ${entry.digest} names the new manifest ${made.digest}; the statement inside still names the old one`,
    );
    return withAttested(await this.#aboutNew(entry, made), made.digest);
  }

  /** Newer attestations name their image in `subject` as well. */
  async #aboutNew(entry: Descriptor, made: Descriptor): Promise<Descriptor> {
    const node = this.#graph.entry(entry);
    const document = node?.kind === 'manifest' ? node.document : undefined;
    const about = document?.value.subject;
    if (document === undefined || about?.digest !== attestedDigest(entry)) return entry;
    const changed = editedDocument(document, { ...document.value, subject: listedAs(about as Descriptor, made) });
    await this.#change.put(changed, document);
    return listedAs(entry, changed.descriptor);
  }
}

/**
 * Changes images that a descriptor leads to, and every index above them. Entries keep their places and what they say; those of
 * changed images say the image's platform where it has changed. BuildKit's attestations follow their images where files stay,
 * and go where they do not. Answers what stands for the result and what there is to say. Throws `not-found` where the descriptor's own document is missing, and what is wrong with damaged ones.
 */
export async function changeGraph(
  source: ImageSource,
  root: Descriptor,
  change: GraphChange,
): Promise<{ readonly descriptor: Descriptor; readonly warnings: readonly string[] }> {
  const graph = await walk(source, [root]);
  const node = graph.entry(root);
  if (node !== undefined && isMissing(node)) throw notFound(`${source.subject}: blob ${root.digest}`, 'a blob');
  const changing = new Changing(source, graph, change);
  const descriptor = (await changing.entry(root, change.index)) ?? root;
  return { descriptor, warnings: changing.warnings };
}

/**
 * Changes all images that a place lists: its own index is one whose entries are changed as those of any other. Answers what stands
 * for them, each in its place, and what there is to say. Throws what is wrong with damaged ones.
 */
export async function changeEntries(
  source: ImageSource,
  listed: readonly Descriptor[],
  change: Omit<GraphChange, 'index'>,
): Promise<{ readonly entries: readonly Descriptor[]; readonly warnings: readonly string[] }> {
  const changing = new Changing(source, await walk(source, listed), change);
  return { entries: await changing.entries(listed), warnings: changing.warnings };
}
