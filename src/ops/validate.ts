import { ofTarAloneText } from '../codec/tar-member.ts';
import { OciError, unsupported } from '../errors.ts';
import { readImageOf } from '../graph/image-reader.ts';
import { layerBytes, layerOrigin } from '../graph/layer-bytes.ts';
import { mislabelled } from '../graph/layer-label.ts';
import { tableFaults } from '../graph/layer-table.ts';
import type { ImageSource } from '../graph/source.ts';
import { type GraphNode, isMissing, walk } from '../graph/walk.ts';
import { isAttestation } from '../image/attestation.ts';
import { checkImage, checkIndex, checkManifest } from '../image/check.ts';
import type { Finding } from '../image/finding.ts';
import { finding } from '../image/finding-codes.ts';
import { lenient } from '../image/lenient.ts';
import { validateDocument } from '../schema/validate.ts';
import { parseJson } from '../spec/document.ts';
import { isConfigType, isEncryptedType, isLayerType, isSchema1Type } from '../spec/media-type.ts';
import type { Descriptor, Document, Image, ImageIndex, Layer, Manifest, OddEntry } from '../spec/objects.ts';
import { oddOf } from '../spec/odd-entries.ts';
import { sizeOf } from '../spec/sizes.ts';
import { OpenPlaces, openPlace, withNamed } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { drain } from '../stream/drain.ts';
import { announce, type Work } from '../stream/pace.ts';
import { checkCall } from './check-call.ts';
import type { ValidateOptions } from './options.ts';
import type { ValidateResult } from './results.ts';

/** Checks of everything that a place refers to. Each blob is checked once, each layer once for each diffID. */
class Inspection {
  readonly #source: ImageSource;
  readonly #fast: boolean;
  readonly #work: Work;
  readonly #seen = new Set<string>();
  readonly findings: Finding[] = [];
  blobs = 0;
  bytes = 0;

  constructor(source: ImageSource, options: ValidateOptions) {
    this.#source = source;
    this.#fast = options.fast === true;
    this.#work = options;
  }

  /** Runs a check; what it throws is a finding. */
  async #check(subject: string, check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof OciError)) throw error;
      const code =
        error.code === 'not-found' ? 'blob-missing' : error.code === 'unsupported' ? 'unsupported' : 'damaged';
      this.findings.push({ severity: 'error', code, subject, message: error.message });
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

  async #schema(kind: 'index' | 'manifest' | 'config', document: Document<unknown>, subject: string): Promise<void> {
    const value = parseJson(document.bytes, subject);
    const found = (await validateDocument(kind, value)).map(one => lenient(one, value));
    this.findings.push(...found.map(one => ({ ...one, subject: `${subject}${one.subject}` })));
  }

  /** A place's own index and all that it leads to. */
  async index(document: Document<ImageIndex>): Promise<void> {
    await this.#index(document, 'index.json');
    await this.entries(document.value.manifests);
  }

  /** Whatever some descriptors lead to, what documents are about included. */
  async entries(roots: readonly Descriptor[]): Promise<void> {
    await this.#check(this.#source.subject, async () => {
      const { nodes } = await walk(this.#source, roots, { subjects: true });
      const streamed = nodes
        .filter(({ kind }) => kind === 'layer' || kind === 'blob')
        .map(({ descriptor }) => descriptor);
      if (!this.#fast) announce(this.#work, 'validating', sizeOf(streamed));
      for (const node of nodes) await this.#check(node.descriptor.digest, () => this.#node(node));
    });
  }

  async #node(node: GraphNode): Promise<void> {
    const { descriptor, fault, kind } = node;
    // A manifest's config and layers are checked with it.
    if (kind === 'config' || kind === 'layer') return;
    if (kind === 'blob') return this.#unknown(descriptor, isMissing(node));
    this.#count(descriptor);
    if (fault !== undefined) throw fault;
    if (kind === 'index' && node.document !== undefined) await this.#index(node.document, `index ${descriptor.digest}`);
    if (kind === 'manifest' && node.document !== undefined) await this.#manifest(node.document, descriptor);
  }

  /** What the spec does not know is not to be complained of, and need not be there (image-layout.md). */
  async #unknown(descriptor: Descriptor, isAbsent: boolean): Promise<void> {
    const { digest, mediaType } = descriptor;
    if (isSchema1Type(mediaType))
      throw unsupported(digest, 'an image manifest of the second schema', `media type ${mediaType}`);
    if (!isAbsent) await this.#blob(descriptor);
  }

  async #index(document: Document<ImageIndex>, subject: string): Promise<void> {
    await this.#schema('index', document, subject);
    for (const odd of oddOf(document.value)) this.#odd(odd, subject);
    this.findings.push(...checkIndex(document, subject));
  }

  /** What the schema says of an entry that is no descriptor is enough. */
  #odd({ fault, position }: OddEntry, index: string): void {
    const subject = `${index} /manifests/${position}`;
    if (this.findings.some(found => found.subject === subject || found.subject.startsWith(`${subject}/`))) return;
    const code = fault.code === 'unsupported' ? 'unsupported' : 'damaged';
    this.findings.push({ severity: 'error', code, subject, message: fault.message });
  }

  async #manifest(document: Document<Manifest>, entry: Descriptor): Promise<void> {
    const { config, layers } = document.value;
    await this.#schema('manifest', document, `manifest ${entry.digest}`);
    if (isConfigType(config.mediaType) && !isAttestation(entry)) {
      await this.#check(config.digest, async () => this.#image(await readImageOf(this.#source, document), entry));
    } else {
      this.findings.push(...checkManifest(document, entry));
      for (const blob of [config, ...layers]) await this.#check(blob.digest, () => this.#blob(blob));
    }
  }

  async #image(image: Image, entry: Descriptor): Promise<void> {
    this.#count(image.config.descriptor);
    await this.#schema('config', image.config, `config ${image.config.descriptor.digest}`);
    this.findings.push(...checkImage(image, entry));
    const diffIDs = image.config.value.rootfs.diff_ids;
    for (const [position, descriptor] of image.manifest.value.layers.entries()) {
      const diffID = diffIDs[position];
      await this.#check(descriptor.digest, () =>
        diffID === undefined || !isLayerType(descriptor.mediaType)
          ? this.#layerBlob(descriptor)
          : this.#layer({ descriptor, diffID }),
      );
    }
  }

  async #layerBlob(descriptor: Descriptor): Promise<void> {
    if (!isLayerType(descriptor.mediaType)) {
      const message = `expected a layer's media type, got '${descriptor.mediaType}'`;
      const code = isEncryptedType(descriptor.mediaType) ? 'layer-encrypted' : 'layer-type-unknown';
      this.findings.push(finding(code, `layer ${descriptor.digest}`, message));
    }
    await this.#blob(descriptor);
  }

  /** A layer's blob and the tar that it stands for. */
  async #layer(layer: Layer): Promise<void> {
    if (!this.#first(`${layer.descriptor.digest} ${layer.diffID}`)) return;
    if (this.#fast) await this.#blob(layer.descriptor);
    else {
      this.#count(layer.descriptor);
      const ofTarAlone = await checkLayer(this.#source, layer);
      if (ofTarAlone.size > 0)
        this.findings.push(finding('tar-type-unusual', layer.descriptor.digest, ofTarAloneText(ofTarAlone)));
      const [fault, ...others] = await tableFaults(this.#source, layer);
      const more = others.length === 0 ? '' : `, and ${others.length} more`;
      if (fault !== undefined)
        this.findings.push(finding('table-mismatch', layer.descriptor.digest, `${fault}${more}`));
    }
    const label = await mislabelled(this.#source, layer.descriptor);
    if (label !== undefined) this.findings.push(finding('layer-mislabelled', layer.descriptor.digest, label));
  }

  async #blob(descriptor: Descriptor): Promise<void> {
    if (!this.#first(`blob ${descriptor.digest}`)) return;
    this.#count(descriptor);
    if (this.#fast && (await this.#source.has(descriptor))) return;
    await drain(this.#source.open(descriptor));
  }
}

const asError = (finding: Finding): Finding =>
  finding.severity === 'warning' ? { ...finding, severity: 'error' } : finding;

/** Reads a layer to its end: digest, size and diffID, and that it is a tar. Answers the types in it that engines refuse. */
async function checkLayer(source: ImageSource, layer: Layer): Promise<ReadonlySet<string>> {
  const { emptySink, readLayer } = await import('../codec/layer-reader.ts');
  const types = new Set<string>();
  const ofTarAlone = (typeflag: string): unknown => types.add(typeflag);
  await readLayer(layerBytes(source, layer), layerOrigin(source, layer), { ...emptySink, ofTarAlone });
  return types;
}

/**
 * Checks a layout, or one image of it, against the spec: schemas, digests, sizes, diffIDs, history and layer counts. What
 * is wrong is a finding, never thrown; throws only where the place cannot be read as a layout at all.
 */
export async function validate(place: ImageOperand, options: ValidateOptions = {}): Promise<ValidateResult> {
  checkCall('validate', { place: ['operand', place] }, options);
  const opened = await openPlace(place, new OpenPlaces(options));
  const { name, digest } = opened.place;
  const isWhole = name === undefined && digest === undefined;
  const image = isWhole ? undefined : await withNamed(opened);
  const inspection = new Inspection(image?.source ?? opened.source, options);
  for (const said of opened.source.warnings ?? [])
    inspection.findings.push(finding('place', opened.source.subject, said.slice(opened.source.subject.length + 2)));
  await (image === undefined ? inspection.index(opened.index) : inspection.entries([image.named]));
  const findings = options.strict === true ? inspection.findings.map(asError) : inspection.findings;
  return { findings, blobs: inspection.blobs, bytes: inspection.bytes };
}
