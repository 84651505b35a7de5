import { compressionOf, recompressedType } from '../codec/compression.ts';
import type { MetEntry } from '../graph/change-graph.ts';
import { platformOf } from '../graph/change-graph.ts';
import { storedAs } from '../graph/layer-label.ts';
import { measured, measuredSource } from '../graph/measured-source.ts';
import type { ImageSource } from '../graph/source.ts';
import { readTreeStack } from '../graph/tree-stack.ts';
import { checkImage } from '../image/check.ts';
import { documentAt, type Finding } from '../image/finding.ts';
import { finding } from '../image/finding-codes.ts';
import { kindOfTypes } from '../image/image-kind.ts';
import { blobsOf, layersOf } from '../image/layers.ts';
import { type Mended, mendImage } from '../image/mend-image.ts';
import { isIndexType, isLayerType, isManifestType } from '../spec/media-type.ts';
import type { Descriptor, Image } from '../spec/objects.ts';
import { formatPlatform } from '../spec/platform.ts';
import { sizeOf } from '../spec/sizes.ts';
import { bytesAt } from '../store/disk/region.ts';
import { isBareLayout } from '../store/layout/layout.ts';
import { isDirectory } from '../store/open-source.ts';
import { type ImageOperand, parseOperand } from '../store/parse-operand.ts';
import { announce } from '../stream/pace.ts';
import { withoutNow } from './change-edit.ts';
import { type Change, type ChangedPart, type ChangePart, changeImage } from './change-image.ts';
import { checkCall } from './check-call.ts';
import { fixWhole, isWhole } from './fix-whole.ts';
import type { FixOptions } from './layer-options.ts';
import type { FixedLayers, FixResult } from './layer-results.ts';
import { imageTroubles } from './layer-troubles.ts';
import { rewriteLayers } from './rewritten-layers.ts';
import { schemaFindings } from './schema-findings.ts';
import { staying } from './staying.ts';
import { validate } from './validate.ts';

const isDocument = (mediaType: string): boolean => isIndexType(mediaType) || isManifestType(mediaType);

/** One mending of all that an image leads to. State: what was mended. */
class Fixing {
  readonly #options: FixOptions;
  readonly mended: Mended[] = [];

  constructor(options: FixOptions) {
    this.#options = options;
  }

  readonly note = (mended: Mended): void => {
    const isKnown = this.mended.some(({ code, subject }) => code === mended.code && subject === mended.subject);
    if (!isKnown) this.mended.push(mended);
  };

  /** What a descriptor says of the size of its blob, and embeds of it. */
  #sized(source: ImageSource, descriptor: Descriptor, subject: string): Descriptor {
    const right = measured(source, descriptor, bytesAt);
    if (right.size !== descriptor.size)
      this.note({ code: 'size-mismatch', subject, message: `the size is ${right.size}, and not ${descriptor.size}` });
    if (descriptor.data != null && right.data == null)
      this.note({ code: 'data-mismatch', subject, message: 'the embedded data is left out' });
    return right;
  }

  /** The same, and what a layer's media type says of its compression. */
  async #blob(source: ImageSource, descriptor: Descriptor, subject: string): Promise<Descriptor> {
    const sized = this.#sized(source, descriptor, subject);
    const { mediaType } = sized;
    if (!isLayerType(mediaType) || sized.size === 0 || !(await source.has(sized))) return sized;
    const stored = await storedAs(source, sized);
    if (stored === compressionOf(mediaType) || stored === 'xz' || stored === 'bzip2') return sized;
    const right = { ...sized, mediaType: recompressedType(mediaType, stored) };
    this.note({ code: 'layer-mislabelled', subject, message: `the media type is ${right.mediaType}` });
    return right;
  }

  /** An entry of an index, after what it leads to has been mended. */
  async entry(source: ImageSource, entry: Descriptor, met: MetEntry): Promise<Descriptor | undefined> {
    const subject = `entry ${met.listed.digest}`;
    if (met.isMissing) {
      this.note({ code: 'blob-missing', subject, message: 'the entry is left out: what it names is not there' });
      return undefined;
    }
    const right = this.#sized(source, met.listed, subject);
    // What the entry leads to now may be another document, whose descriptor is right.
    const sized = entry.digest === met.listed.digest ? right : entry;
    const mediaType = met.image?.manifest.value.mediaType ?? met.mediaType ?? sized.mediaType;
    const isOther = mediaType !== sized.mediaType && isDocument(mediaType);
    if (isOther) this.note({ code: 'media-type-mismatch', subject, message: `the media type is ${mediaType}` });
    const typed = isOther ? { ...sized, mediaType } : sized;
    if (met.image === undefined || typed.platform == null) return typed;
    if (!checkImage(met.image, typed).some(({ code }) => code === 'platform-mismatch')) return typed;
    const platform = platformOf(met.image);
    this.note({ code: 'platform-mismatch', subject, message: `the platform is ${formatPlatform(platform)}` });
    return { ...typed, platform };
  }

  /** What is done to images and entries; `completes` where the place lacks its `oci-layout`. */
  change(completes: boolean): Omit<Change<FixedLayers>, 'index'> {
    let read: ImageSource | undefined;
    return {
      keepsFiles: true,
      completes,
      over: source => {
        read = source;
        return measuredSource(source, bytesAt);
      },
      change: part => this.image(part),
      entry: async (entry, met) => this.entry(read as ImageSource, entry, met),
    };
  }

  async image(part: ChangePart): Promise<ChangedPart<FixedLayers>> {
    const { source } = part;
    const image = await mendImage(part.image, {
      mend: (descriptor, subject) => this.#blob(source, descriptor, subject),
      note: this.note,
    });
    const layers = layersOf(image);
    announce(this.#options, 'fixing', sizeOf(blobsOf(layers)));
    const wrong = new Map<number, readonly Finding[]>();
    const { layers: found, left } = await imageTroubles(source, image);
    for (const [at, { troubles }] of found.entries()) if (troubles.length > 0) wrong.set(at, troubles);
    const rewritten = wrong.size === 0 ? { image, warnings: [] } : await this.#rewritten({ ...part, image }, wrong);
    return {
      image: rewritten.image,
      details: { rewritten: [...wrong.keys()].map(at => at + 1) },
      warnings: [
        ...rewritten.warnings,
        ...(await leftOf(rewritten.image)),
        ...staying([...found.flatMap(layer => layer.left), ...left]),
      ],
    };
  }

  /** Layers written anew as what they do to the tree below them, compressed as they are. */
  async #rewritten(
    part: ChangePart,
    wrong: ReadonlyMap<number, readonly Finding[]>,
  ): Promise<{ readonly image: Image; readonly warnings: readonly string[] }> {
    const layers = layersOf(part.image);
    const trees = await readTreeStack(part.source, layers);
    const rewriting = { positions: wrong.keys(), treeAt: (position: number) => trees[position] };
    const rewritten = await rewriteLayers(part, rewriting, this.#options);
    for (const [at, found] of wrong)
      for (const { code, message } of found)
        this.note({ code, subject: `layer ${layers[at]?.descriptor.digest}`, message: `written anew: ${message}` });
    return rewritten;
  }
}

/** Mends one image of a place. */
async function fixOne(
  image: ImageOperand,
  options: FixOptions,
  change: Change<FixedLayers>,
): Promise<Omit<FixResult, 'mended'>> {
  const made = await changeImage<FixedLayers>(image, options, change);
  return { ...made, entries: [{ name: made.name, manifest: made.manifest }] };
}

/** What stays wrong with an image's documents, because only a person knows what is right, or because it is meant. */
async function leftOf({ manifest, config }: Image): Promise<readonly string[]> {
  const place = documentAt('manifest', manifest.descriptor.digest);
  const found: Finding[] = [
    ...checkImage({ manifest, config }),
    ...(await schemaFindings('manifest', manifest.bytes, place)),
    ...(await schemaFindings('config', config.bytes, documentAt('config', config.descriptor.digest))),
  ];
  if (kindOfTypes(manifest.value, manifest.descriptor.mediaType) === 'docker')
    found.push(
      finding('media-types-docker', place, "docker's media types: umoci refuses its config; convert changes them"),
    );
  if (manifest.value.layers.some(({ mediaType }) => isLayerType(mediaType) && compressionOf(mediaType) === 'zstd'))
    found.push(finding('layer-zstd', place, 'layers in zstd: older engines refuse them; convert changes them'));
  return staying(found);
}

/** What stays wrong with a place that is mended, and nobody has said: artifacts, and what entries say of one another. */
async function unsaid(
  place: ImageOperand,
  said: readonly string[],
  { signal }: FixOptions,
): Promise<readonly string[]> {
  const { findings } = await validate(place, { fast: true, signal });
  return staying(findings).filter(line => !said.includes(line));
}

/**
 * Mends what `validate` finds wrong with an image and what can be known: sizes, embedded data, media types, platforms, entries that
 * lead nowhere, histories out of step, and layers whose tars some engine refuses, which are written anew in a form that every engine takes.
 * The merged root filesystem stays, blobs with nothing wrong keep their bytes, nothing is invented; what stays wrong is said. All images of a multi-platform
 * one are mended. Throws `invalid` for bytes that are not what their digest or diffID says, and as `changeImage`.
 */
export async function fix(image: ImageOperand, options: FixOptions = {}): Promise<FixResult> {
  checkCall('fix', { image: ['operand', image] }, options);
  const parsed = parseOperand(image, 'read');
  const fixing = new Fixing(options);
  const all = { ...withoutNow(options), allPlatforms: true };
  const isBare = options.output === undefined && isDirectory(parsed.place.path) && isBareLayout(parsed.place.path);
  const change = fixing.change(isBare);
  const whole = isWhole(parsed, options);
  const made = whole ? await fixWhole(parsed, all, { change, note: fixing.note }) : await fixOne(image, all, change);
  const { mended, note } = fixing;
  if (isBare)
    note({ code: 'layout-header-missing', subject: parsed.place.path, message: 'the file oci-layout is there' });
  const more = whole && options.dryRun !== true ? await unsaid(options.output ?? image, made.warnings, options) : [];
  return { ...made, isChanged: made.isChanged || isBare, mended, warnings: [...made.warnings, ...more] };
}
