import { compressorWarnings } from '../codec/compression.ts';
import { compressionOfForm, isLazy } from '../codec/lazy.ts';
import { badOption, usage } from '../errors.ts';
import { type ConvertedLayer, convertLayer } from '../graph/convert-layer.ts';
import { isAttestation } from '../image/attestation.ts';
import { convertManifest, ofType } from '../image/convert.ts';
import { withDocuments } from '../image/edit-image.ts';
import { isDockerImage } from '../image/image-kind.ts';
import { layersOf } from '../image/layers.ts';
import { isLayerType, mediaTypes } from '../spec/media-type.ts';
import type { Document, Image, ImageIndex, Layer, Manifest } from '../spec/objects.ts';
import { withoutNow } from './change-edit.ts';
import { type Change, type ChangedPart, type ChangePart, changeImage } from './change-image.ts';
import { checkCall } from './check-call.ts';
import type { ConvertOptions, ImageOperand } from './options.ts';
import type { ConvertedLayers, ConvertResult } from './results.ts';

function checkOptions({ compression, format, level, compressor }: ConvertOptions): void {
  if (compression === undefined && format === undefined)
    throw usage('convert', 'expected option compression or option format, got neither');
  if (compression === undefined && (level !== undefined || compressor !== undefined))
    throw badOption('compression', 'expected a form of layers, got none beside option level or option compressor');
  if (format === 'docker' && compression !== undefined && (isLazy(compression) || compression === 'zstd'))
    throw badOption('compression', `expected gzip or none beside option format 'docker', got ${compression}`, {
      hint: 'docker has no media type for zstd, and no place for the annotations that say where a table of contents is',
    });
}

/** What docker's documents have no place for, in a sentence. */
function lostIn({ value, descriptor }: Document<Manifest>): readonly string[] {
  const { annotations, subject, artifactType, layers } = value;
  const lost = [
    ...(annotations == null ? [] : ['annotations']),
    ...(layers.some(layer => layer.annotations != null) ? ['annotations of layers'] : []),
    ...(subject == null ? [] : ['subject']),
    ...(artifactType == null ? [] : ['artifactType']),
    ...(layers.some(({ data }) => data != null) ? ['data'] : []),
  ];
  if (lost.length === 0) return [];
  return [`manifest ${descriptor.digest}: docker passes over its ${lost.join(', ')}`];
}

/** The layers of one run, each converted once, however many images have it. */
class Layers {
  readonly #options: ConvertOptions;
  readonly #known = new Map<string, Promise<ConvertedLayer>>();

  constructor(options: ConvertOptions) {
    this.#options = options;
  }

  async convert(layer: Layer, { source, destination }: ChangePart): Promise<ConvertedLayer> {
    const { compression, level, compressor, format } = this.#options;
    if (compression === undefined || !isLayerType(layer.descriptor.mediaType)) return { layer, warnings: [] };
    const { mediaType, digest, annotations } = layer.descriptor;
    const said = Object.entries(annotations ?? {}).flat();
    const key = [mediaType, digest, layer.diffID, ...said].join('\n');
    const { put } = destination;
    const made =
      this.#known.get(key) ?? convertLayer(source, layer, { form: compression, level, compressor, kind: format, put });
    this.#known.set(key, made);
    return made;
  }
}

async function convertImage(
  part: ChangePart,
  layers: Layers,
  { format, compression }: ConvertOptions,
): Promise<ChangedPart<ConvertedLayers>> {
  const { image } = part;
  const before = layersOf(image);
  const made: Layer[] = [];
  const warnings = format === 'docker' ? [...lostIn(image.manifest)] : [];
  for (const one of before) {
    const converted = await layers.convert(one, part);
    made.push(converted.layer);
    for (const warning of converted.warnings) warnings.push(warning);
  }
  const kind = format ?? (compression !== undefined && isDockerImage(image) ? 'docker' : undefined);
  const manifest = convertManifest(
    image.manifest,
    made.map(({ descriptor }) => descriptor),
    kind,
  );
  const { rootfs } = image.config.value;
  const config = { ...image.config.value, rootfs: { ...rootfs, diff_ids: made.map(({ diffID }) => diffID) } };
  const result: Image = withDocuments({ config: image.config, manifest }, config, manifest.value);
  return {
    image: result,
    details: {
      layers: result.manifest.value.layers.map(({ mediaType, digest, size }, at) => ({
        before: before[at]?.descriptor.digest ?? digest,
        mediaType,
        digest,
        size,
        diffID: made[at]?.diffID as Layer['diffID'],
      })),
    },
    warnings,
  };
}

/** The index of a multi-platform image in the words asked for. Docker's lists hold no artifacts, and so no attestations. */
function indexOf(
  index: ImageIndex,
  { format, is, warnings }: { readonly format: 'oci' | 'docker'; readonly is: string; readonly warnings: string[] },
): ImageIndex {
  if (format === 'oci') return ofType(index, { is, wanted: mediaTypes.index });
  for (const { digest } of index.manifests.filter(isAttestation))
    warnings.push(`attestation ${digest} is left out: a list of docker's has no place for it`);
  const manifests = index.manifests.filter(entry => !isAttestation(entry));
  return { ...index, mediaType: mediaTypes.dockerIndex, manifests };
}

/**
 * Stores an image's layers in another form, or its documents in docker's or OCI's media types. The files stay, and so do diffIDs,
 * except where the form is a tar of its own: eStargz adds two files, and the way back takes them out again. What is in that
 * form already keeps its bytes. Throws `usage`, `unsupported` for what docker has no type for, and as `changeImage`.
 */
export async function convert(image: ImageOperand, options: ConvertOptions = {}): Promise<ConvertResult> {
  checkCall('convert', { image: ['operand', image] }, options);
  checkOptions(options);
  const { compression, level: _level, compressor, format, ...shared } = options;
  const layers = new Layers(options);
  const warnings: string[] = [];
  const isWhole = format !== undefined && options.allPlatforms === true;
  const change: Change<ConvertedLayers> = {
    keepsFiles: true,
    change: part => convertImage(part, layers, options),
    ...(isWhole ? { index: (index, is) => indexOf(index, { format, is, warnings }) } : {}),
  };
  const result = await changeImage(image, withoutNow(shared), change);
  const said =
    compression === undefined ? [] : compressorWarnings({ compression: compressionOfForm(compression), compressor });
  return { ...result, warnings: [...result.warnings, ...warnings, ...said] };
}
