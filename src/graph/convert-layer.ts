import { type CompressOptions, compress, levelOf, recompressedType } from '../codec/compression.ts';
import { estargz } from '../codec/estargz.ts';
import { withoutAdded } from '../codec/estargz-names.ts';
import type { LayerOrigin } from '../codec/layer-reader.ts';
import { compressionOfForm, isComplete, isLazy, type LayerForm, withoutTableKeys } from '../codec/lazy.ts';
import { zstdChunked } from '../codec/zstd-chunked.ts';
import type { Bytes } from '../engine/engine.ts';
import { nodeEngine } from '../engine/node.ts';
import { type ImageKind, layerTypeOf } from '../image/image-kind.ts';
import { type DiffID, diffIDOf } from '../spec/digest.ts';
import { parseLayerType } from '../spec/media-type.ts';
import type { Annotations, Descriptor, Layer } from '../spec/objects.ts';
import { hashed } from '../stream/hashed.ts';
import { layerBytes, layerOrigin, proveLayers } from './layer-bytes.ts';
import { formOf } from './layer-form.ts';
import type { ImageSource, StoredBlob } from './source.ts';

/** A layer after a conversion, and what there is to say of it. */
export interface ConvertedLayer {
  readonly layer: Layer;
  readonly warnings: readonly string[];
}

interface LayerConversion extends Pick<CompressOptions, 'level' | 'compressor'> {
  readonly form: LayerForm;
  /** Whose media types the layer is to have; its own when absent. */
  readonly kind?: ImageKind | undefined;
  /** Takes the new blob. */
  readonly put: (bytes: Bytes) => Promise<StoredBlob>;
}

/** A descriptor of the same layer stored otherwise: what else was said of it stays, but what speaks of a table of contents. */
function listedAs(
  before: Descriptor,
  made: StoredBlob & { readonly mediaType: string },
  tables: Annotations,
): Descriptor {
  const { annotations, data: _data, urls: _urls, ...kept } = before;
  const all = { ...withoutTableKeys(annotations), ...tables };
  const { digest, size, mediaType } = made;
  return { ...kept, mediaType, digest, size, ...(Object.keys(all).length === 0 ? {} : { annotations: all }) };
}

/** The media type of a layer that is stored so, in the words asked for. */
function typeOf({ mediaType }: Descriptor, { form, kind }: LayerConversion): string {
  return recompressedType(kind === undefined ? mediaType : layerTypeOf(mediaType, kind), compressionOfForm(form));
}

/**
 * A layer stored in another form; the very same one where it is in that form already, by its bytes, and its media type says so.
 * Its diffID is proved either way. What is not there and may be fetched elsewhere stays as it is. Throws `invalid` for a lying
 * diffID, and `unsupported` for what is no tar layer and where docker has no type for the form.
 */
export async function convertLayer(
  source: ImageSource,
  layer: Layer,
  conversion: LayerConversion,
): Promise<ConvertedLayer> {
  const { descriptor } = layer;
  const { form } = conversion;
  if (!(await source.has(descriptor)) && descriptor.urls != null && descriptor.urls.length > 0)
    return { layer, warnings: [] };
  const mediaType = typeOf(descriptor, conversion);
  const stored = await formOf(source, descriptor);
  const isThere =
    stored.form === form && (!isLazy(form) || isComplete(form, stored.tail, descriptor.annotations ?? undefined));
  const isLabelled = parseLayerType(descriptor.mediaType)?.compression === compressionOfForm(form);
  if (isThere && isLabelled) {
    await proveLayers(source, [layer]);
    return { layer, warnings: [] };
  }
  const tar = await ownTar(source, layer, stored.form === 'estargz');
  const made = await store(tar.bytes, conversion, layerOrigin(source, layer));
  const { blob, annotations, warnings } = made;
  const diffID = made.diffID ?? tar.diffID();
  return { layer: { diffID, descriptor: listedAs(descriptor, { ...blob, mediaType }, annotations) }, warnings };
}

/** A layer's tar, and its diffID when it has been read: without what eStargz adds to it, where it is that. */
async function ownTar(
  source: ImageSource,
  layer: Layer,
  isEstargz: boolean,
): Promise<{ readonly bytes: Bytes; readonly diffID: () => DiffID }> {
  const bytes = layerBytes(source, layer);
  if (!isEstargz) return { bytes, diffID: () => layer.diffID };
  const { subject, signal } = layerOrigin(source, layer);
  const own = measured(withoutAdded(bytes, { subject, signal }));
  return { bytes: own.bytes, diffID: own.diffID };
}

/** The same bytes, and their digest when they have been read. */
function measured(bytes: Bytes): { readonly bytes: Bytes; readonly diffID: () => DiffID } {
  const hasher = nodeEngine.createHash('sha256');
  let found: DiffID | undefined;
  return { bytes: hashed(bytes, hasher), diffID: () => (found ??= diffIDOf(hasher.digest())) };
}

interface Stored {
  readonly blob: StoredBlob;
  readonly annotations: Annotations;
  readonly warnings: readonly string[];
  /** Where the form is a tar of its own. */
  readonly diffID?: DiffID;
}

async function store(
  tar: Bytes,
  { form, level, compressor, put }: LayerConversion,
  { subject, signal }: Pick<LayerOrigin, 'subject' | 'signal'>,
): Promise<Stored> {
  if (!isLazy(form))
    return {
      blob: await put(compress(tar, { compression: form, level, compressor, signal })),
      annotations: {},
      warnings: [],
    };
  const options = { level: levelOf({ compression: compressionOfForm(form), level, compressor }), subject, signal };
  if (form === 'zstd:chunked') {
    const { bytes, annotations, warnings } = zstdChunked(tar, options);
    return { blob: await put(bytes), annotations: annotations(), warnings: warnings() };
  }
  const { bytes, annotations, diffID } = estargz(tar, { ...options, compressor });
  return { blob: await put(bytes), annotations: annotations(), warnings: [], diffID: diffID() };
}
