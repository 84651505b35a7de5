import { OciError, unsupported } from '../errors.ts';
import { flowSource } from '../graph/flow-source.ts';
import { readImage, readIndex, readManifest } from '../graph/image-reader.ts';
import { verifiedLayerBytes } from '../graph/layer-bytes.ts';
import type { ImageSource } from '../graph/source.ts';
import { isAttestation } from '../graph/walk-index.ts';
import { checkImage, checkIndex, checkManifest } from '../image/check.ts';
import type { Finding } from '../image/finding.ts';
import { depthLimit } from '../limits.ts';
import { validateDocument } from '../schema/validate.ts';
import { parseJson } from '../spec/document.ts';
import { isConfigType, isIndexType, isLayerType, isManifestType, isSchema1Type } from '../spec/media-type.ts';
import type { Descriptor, Document, Image, ImageIndex, Layer, Manifest } from '../spec/objects.ts';
import { openPlace, withNamed } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { drain } from '../stream/drain.ts';
import type { ValidateOptions } from './options.ts';
import type { ValidateResult } from './results.ts';

/** One walk over everything that a place refers to. Each blob is checked once, each layer once for each diffID. */
class Inspection {
  readonly #source: ImageSource;
  readonly #fast: boolean;
  readonly #seen = new Set<string>();
  readonly findings: Finding[] = [];
  blobs = 0;
  bytes = 0;

  constructor(source: ImageSource, options: ValidateOptions) {
    this.#source = flowSource(source, options);
    this.#fast = options.fast === true;
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
    const found = await validateDocument(kind, parseJson(document.bytes, subject));
    this.findings.push(...found.map(finding => ({ ...finding, subject: `${subject}${finding.subject}` })));
  }

  async index(document: Document<ImageIndex>, subject: string, depth = 0): Promise<void> {
    await this.#schema('index', document, subject);
    this.findings.push(...checkIndex(document, subject));
    for (const entry of document.value.manifests) await this.entry(entry, depth + 1);
  }

  /** Whatever a descriptor of an index leads to. */
  async entry(descriptor: Descriptor, depth = 0): Promise<void> {
    if (depth > depthLimit || !this.#first(`${descriptor.mediaType} ${descriptor.digest}`)) return;
    const { mediaType, digest } = descriptor;
    await this.#check(digest, async () => {
      if (isIndexType(mediaType)) {
        this.#count(descriptor);
        await this.index(await readIndex(this.#source, descriptor), `index ${digest}`, depth);
      } else if (isManifestType(mediaType)) {
        this.#count(descriptor);
        await this.#manifest(await readManifest(this.#source, descriptor), descriptor);
      } else if (isSchema1Type(mediaType)) {
        throw unsupported(digest, 'an image manifest of the second schema', `media type ${mediaType}`);
        // What the spec does not know is not to be complained of, and need not be there (image-layout.md).
      } else if (await this.#source.has(descriptor)) await this.#blob(descriptor);
    });
  }

  async #manifest(document: Document<Manifest>, entry: Descriptor): Promise<void> {
    const { config, layers, subject } = document.value;
    await this.#schema('manifest', document, `manifest ${entry.digest}`);
    if (isConfigType(config.mediaType) && !isAttestation(entry)) {
      await this.#check(config.digest, async () =>
        this.#image(await readImage(this.#source, document.descriptor), entry),
      );
    } else {
      this.findings.push(...checkManifest(document, entry));
      for (const blob of [config, ...layers]) await this.#check(blob.digest, () => this.#blob(blob));
    }
    if (subject !== undefined && subject !== null && (await this.#source.has(subject))) await this.entry(subject);
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
      const message = `layer ${descriptor.digest}: expected a layer's media type, got '${descriptor.mediaType}'`;
      this.findings.push({ severity: 'error', code: 'unsupported', subject: descriptor.digest, message });
    }
    await this.#blob(descriptor);
  }

  /** A layer's blob and the tar that it stands for. */
  async #layer(layer: Layer): Promise<void> {
    if (!this.#first(`${layer.descriptor.digest} ${layer.diffID}`)) return;
    if (this.#fast) return this.#blob(layer.descriptor);
    this.#count(layer.descriptor);
    await checkLayer(this.#source, layer);
  }

  async #blob(descriptor: Descriptor): Promise<void> {
    if (!this.#first(`blob ${descriptor.digest}`)) return;
    this.#count(descriptor);
    if (this.#fast && (await this.#source.has(descriptor))) return;
    await drain(this.#source.open(descriptor));
  }
}

/** Reads a layer to its end: digest, size and diffID, and that it is a tar. */
async function checkLayer(source: ImageSource, layer: Layer): Promise<void> {
  const { emptySink, readLayer } = await import('../codec/layer-reader.ts');
  const subject = `${source.subject}: layer ${layer.descriptor.digest}`;
  await readLayer(verifiedLayerBytes(source, layer), { identity: layer.diffID, subject }, emptySink);
}

/**
 * Checks a layout, or one image of it, against the spec: schemas, digests, sizes, diffIDs, history and layer counts. What
 * is wrong is a finding, never thrown; throws only where the place cannot be read as a layout at all.
 */
export async function validate(place: ImageOperand, options: ValidateOptions = {}): Promise<ValidateResult> {
  const opened = await openPlace(place);
  const { name, digest } = opened.place;
  const inspection = new Inspection(opened.source, options);
  if (name === undefined && digest === undefined) await inspection.index(opened.index, 'index.json');
  else await inspection.entry((await withNamed(opened)).named);
  return { findings: inspection.findings, blobs: inspection.blobs, bytes: inspection.bytes };
}
