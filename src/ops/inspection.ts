import { OciError, unsupported } from '../errors.ts';
import { readImageOf } from '../graph/image-reader.ts';
import { mislabelled } from '../graph/layer-label.ts';
import { tableFaults } from '../graph/layer-table.ts';
import type { ImageSource } from '../graph/source.ts';
import { type GraphNode, isMissing, walk } from '../graph/walk.ts';
import { isAttestation } from '../image/attestation.ts';
import { checkImage, checkIndex, checkManifest, indexFile } from '../image/check.ts';
import { checkUnnamed } from '../image/check-names.ts';
import { at, blobAt, documentAt, type Place } from '../image/finding.ts';
import { finding } from '../image/finding-codes.ts';
import { isConfigType, isEncryptedType, isLayerType, isSchema1Type } from '../spec/media-type.ts';
import type { Descriptor, Document, Image, ImageIndex, Layer, Manifest, OddEntry } from '../spec/objects.ts';
import { oddOf } from '../spec/odd-entries.ts';
import { sizeOf } from '../spec/sizes.ts';
import { hasTrailingZeros } from '../store/disk/trailing-zeros.ts';
import { drain } from '../stream/drain.ts';
import { announce, type Work } from '../stream/pace.ts';
import { checkHoldings } from './check-holdings.ts';
import { checkRelations } from './check-relations.ts';
import { codeOf } from './code-of-error.ts';
import { engineFacts, noImage } from './engine-facts.ts';
import { FindingList } from './finding-list.ts';
import { trailingZeros } from './layer-troubles.ts';
import type { ValidateOptions } from './options.ts';
import { schemaFindings } from './schema-findings.ts';
import { type ImageUser, userOf } from './user-texts.ts';

type DocumentName = 'index' | 'manifest' | 'config';

/** Checks of everything that a place refers to. Each blob is checked once, each layer once for each diffID. */
export class Inspection {
  readonly #source: ImageSource;
  readonly #fast: boolean;
  readonly #work: Work;
  readonly #seen = new Set<string>();
  /** The layers of each image, to be read when all documents are. */
  readonly #stacks: (ImageUser & { readonly layers: readonly (Layer | undefined)[] })[] = [];
  readonly #layers = new Map<string, Layer>();
  readonly findings: FindingList = new FindingList();
  blobs = 0;
  bytes = 0;

  constructor(source: ImageSource, options: ValidateOptions) {
    this.#source = source;
    this.#fast = options.fast === true;
    this.#work = options;
  }

  /** Runs a check; what it throws is a finding. */
  async #check(place: Place, check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      this.findings.push(finding(codeOf(error), place, error.message));
    }
  }

  #first(key: string): boolean {
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }

  #count(descriptor: Descriptor): void {
    if (!this.#first(`counted ${descriptor.digest}`)) return;
    this.blobs++;
    this.bytes += descriptor.size;
  }

  async #schema(kind: DocumentName, document: Document<unknown>, place: Place): Promise<void> {
    this.findings.add(await schemaFindings(kind, document.bytes, place));
  }

  /** A place's own index and all that it leads to. */
  async index(document: Document<ImageIndex>): Promise<void> {
    await this.#index(document, indexFile);
    if (this.#source.isConverted !== true) this.findings.add(checkUnnamed(document.value, indexFile));
    const { manifests } = document.value;
    if (manifests.length === 0 && oddOf(document.value).length === 0) this.findings.push(noImage(this.#source));
    await this.entries(manifests, document.value);
  }

  /** Whatever some descriptors lead to, what documents are about included; `own` is the place's own index, where they are all of it. */
  async entries(roots: readonly Descriptor[], own?: ImageIndex): Promise<void> {
    await this.#check({ within: this.#source.subject }, async () => {
      const graph = await walk(this.#source, roots, { subjects: true });
      const { nodes } = graph;
      this.findings.add(engineFacts(this.#source, graph, roots));
      const streamed = nodes
        .filter(({ kind }) => kind === 'layer' || kind === 'blob')
        .map(({ descriptor }) => descriptor);
      if (!this.#fast) announce(this.#work, 'validating', sizeOf(streamed));
      for (const node of nodes) await this.#check(blobAt(node.descriptor.digest), () => this.#node(node));
      await this.#readLayers();
      this.findings.add(await checkRelations(this.#source, nodes, own));
      if (own !== undefined) this.findings.add(await checkHoldings(this.#source, own, nodes));
    });
  }

  async #node(node: GraphNode): Promise<void> {
    const { descriptor, fault, kind } = node;
    // A manifest's config and layers are checked with it.
    if (kind === 'config' || kind === 'layer') return;
    if (kind === 'blob') return this.#unknown(descriptor, isMissing(node));
    this.#count(descriptor);
    if (fault !== undefined) return this.#refused(fault, kind, descriptor);
    if (kind === 'index' && node.document !== undefined)
      await this.#index(node.document, documentAt('index', descriptor.digest));
    if (kind === 'manifest' && node.document !== undefined) await this.#manifest(node.document, descriptor);
  }

  /** A document that cannot be read: its schema says better why, unless it has nothing to say. */
  async #refused(fault: OciError, kind: DocumentName, descriptor: Descriptor): Promise<void> {
    if (fault.code !== 'invalid' || fault.broken !== undefined) throw fault;
    const bytes = await this.#source.read(descriptor);
    const said = await schemaFindings(kind, bytes, documentAt(kind, descriptor.digest));
    if (said.length === 0) throw fault;
    this.findings.add(said);
  }

  /** What the spec does not know is not to be complained of, and need not be there (image-layout.md). */
  async #unknown(descriptor: Descriptor, isAbsent: boolean): Promise<void> {
    const { digest, mediaType } = descriptor;
    if (isSchema1Type(mediaType))
      throw unsupported(digest, 'an image manifest of the second schema', `media type ${mediaType}`);
    if (!isAbsent) await this.#blob(descriptor);
  }

  async #index(document: Document<ImageIndex>, place: Place): Promise<void> {
    await this.#schema('index', document, place);
    for (const odd of oddOf(document.value)) this.#odd(odd, place);
    this.findings.add(checkIndex(document, place));
  }

  /** What the schema says of an entry that is no descriptor is enough. */
  #odd({ fault, position }: OddEntry, index: Place): void {
    const place = at(index, `/manifests/${position}`);
    const { pointer = '' } = place;
    const isSaid = this.findings.has(
      found => found.blob === place.blob && `${found.pointer}/`.startsWith(`${pointer}/`),
    );
    if (!isSaid) this.findings.push(finding(codeOf(fault), place, fault.message));
  }

  async #manifest(document: Document<Manifest>, entry: Descriptor): Promise<void> {
    const { config, layers } = document.value;
    await this.#schema('manifest', document, documentAt('manifest', entry.digest));
    if (isConfigType(config.mediaType) && !isAttestation(entry)) {
      await this.#check(blobAt(config.digest), () => this.#imageOf(document, entry));
    } else {
      this.findings.add(checkManifest(document, entry));
      for (const blob of [config, ...layers]) await this.#check(blobAt(blob.digest), () => this.#blob(blob));
    }
  }

  async #imageOf(document: Document<Manifest>, entry: Descriptor): Promise<void> {
    let image: Image;
    try {
      image = await readImageOf(this.#source, document);
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      const { config } = document.value;
      this.#count(config);
      return this.#refused(error, 'config', config);
    }
    await this.#image(image, entry);
  }

  async #image(image: Image, entry: Descriptor): Promise<void> {
    this.#count(image.config.descriptor);
    await this.#schema('config', image.config, documentAt('config', image.config.descriptor.digest));
    this.findings.add(checkImage(image, entry));
    const diffIDs = image.config.value.rootfs.diff_ids;
    const stack: (Layer | undefined)[] = [];
    for (const [position, descriptor] of image.manifest.value.layers.entries()) {
      const diffID = diffIDs[position];
      const isTar = diffID !== undefined && isLayerType(descriptor.mediaType);
      if (!isTar) await this.#check(blobAt(descriptor.digest), () => this.#layerBlob(descriptor));
      else if (this.#fast) await this.#check(blobAt(descriptor.digest), () => this.#blob(descriptor));
      else this.#count(descriptor);
      if (isTar) this.#layers.set(`${descriptor.digest} ${diffID}`, { descriptor, diffID });
      stack.push(isTar ? { descriptor, diffID } : undefined);
    }
    this.#stacks.push({ layers: stack, ...userOf(image) });
  }

  async #layerBlob(descriptor: Descriptor): Promise<void> {
    if (!isLayerType(descriptor.mediaType)) {
      const message = `expected a layer's media type, got '${descriptor.mediaType}'`;
      const code = isEncryptedType(descriptor.mediaType) ? 'layer-encrypted' : 'layer-type-unknown';
      this.findings.push(finding(code, documentAt('layer', descriptor.digest), message));
    }
    await this.#blob(descriptor);
  }

  /** The layers of all images, each read once over what lies below it. */
  async #readLayers(): Promise<void> {
    if (!this.#fast && this.#stacks.length > 0) {
      const { LayerStacks } = await import('./check-stacks.ts');
      const stacks = new LayerStacks();
      for (const { layers, ...image } of this.#stacks) stacks.add(layers, image);
      await stacks.check(this.#source, found => this.findings.push(found));
    }
    for (const layer of this.#layers.values())
      await this.#check(blobAt(layer.descriptor.digest), () => this.#labels(layer));
  }

  /** What is said of a layer, held to what has been found in it. */
  async #labels(layer: Layer): Promise<void> {
    const place = blobAt(layer.descriptor.digest);
    const label = await mislabelled(this.#source, layer.descriptor);
    if (label !== undefined) this.findings.push(finding('layer-mislabelled', place, label));
    const isWrong = this.findings.has(({ blob, severity }) => blob === place.blob && severity === 'error');
    if (this.#fast || isWrong) return;
    if (hasTrailingZeros(this.#source, layer.descriptor)) this.findings.push(trailingZeros(layer.descriptor));
    const [fault, ...others] = await tableFaults(this.#source, layer);
    const more = others.length === 0 ? '' : `, and ${others.length} more`;
    if (fault !== undefined) this.findings.push(finding('table-mismatch', place, `${fault}${more}`));
  }

  async #blob(descriptor: Descriptor): Promise<void> {
    if (!this.#first(`blob ${descriptor.digest}`)) return;
    this.#count(descriptor);
    if (this.#fast && (await this.#source.has(descriptor))) return;
    await drain(this.#source.open(descriptor));
  }
}
