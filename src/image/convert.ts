import { unsupported } from '../errors.ts';
import { editedDocument } from '../spec/document.ts';
import { isConfigType, isIndexType, isLayerType, mediaTypes } from '../spec/media-type.ts';
import type { Descriptor, Document, ImageIndex, Manifest } from '../spec/objects.ts';
import { type ImageKind, layerTypeOf, mediaTypesFor } from './image-kind.ts';

/** A document that says what type it is; one of that type already may leave it to its descriptor, as image-spec allows. */
export function ofType<T extends { readonly mediaType?: string | undefined }>(
  value: T,
  { is, wanted }: { readonly is: string; readonly wanted: string },
): T {
  return value.mediaType === undefined && is === wanted ? value : { ...value, mediaType: wanted };
}

/**
 * An image's manifest with other layers (the same tars stored otherwise), in OCI's or docker's media types; without `kind` in
 * those that it has. The config stays byte for byte, so the image ID stays. Throws `unsupported` for an artifact as docker
 * image, and for zstd layers, for which docker has no type.
 */
export function convertManifest(
  document: Document<Manifest>,
  layers: readonly Descriptor[],
  kind: ImageKind | undefined,
): Document<Manifest> {
  const { value } = document;
  if (kind === undefined) return editedDocument(document, { ...value, layers }, document.descriptor.mediaType);
  const types = mediaTypesFor(kind);
  const subject = `manifest ${document.descriptor.digest}`;
  if (!isConfigType(value.config.mediaType)) {
    if (kind === 'oci') return editedDocument(document, { ...value, layers }, document.descriptor.mediaType);
    throw unsupported(subject, 'an image', `an artifact of type ${value.artifactType ?? value.config.mediaType}`);
  }
  const typed = layers.map(layer => ({ ...layer, mediaType: layerTypeOf(layer.mediaType, kind) }));
  const zstd = typed.find(({ mediaType }) => kind === 'docker' && isLayerType(mediaType) && mediaType.endsWith('zstd'));
  if (zstd !== undefined)
    throw unsupported(subject, 'layers that docker has a media type for', zstd.mediaType, {
      hint: "give option compression 'gzip'",
    });
  const config = { ...value.config, mediaType: types.config };
  const said = ofType(value, { is: document.descriptor.mediaType, wanted: types.manifest });
  return editedDocument(document, { ...said, config, layers: typed }, types.manifest);
}

/** An index that lists other manifests, in OCI's or docker's media type. */
export function convertIndex(
  document: Document<ImageIndex>,
  manifests: readonly Descriptor[],
  kind: ImageKind | undefined,
): Document<ImageIndex> {
  const types = { oci: mediaTypes.index, docker: mediaTypes.dockerIndex } as const;
  const mediaType = kind === undefined ? document.descriptor.mediaType : types[kind];
  if (!isIndexType(mediaType)) return document;
  const is = document.descriptor.mediaType;
  const value = kind === undefined ? document.value : ofType(document.value, { is, wanted: mediaType });
  return editedDocument(document, { ...value, manifests }, mediaType);
}
