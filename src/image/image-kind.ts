import { formatLayerType, mediaTypes, parseLayerType } from '../spec/media-type.ts';
import type { Document, Image, Manifest } from '../spec/objects.ts';

/** Whose media types an image's documents have. */
export type ImageKind = 'oci' | 'docker';

/** The media types of one image's documents; `layer` turns the type of a layer into that of this kind of image. */
export interface MediaTypes {
  readonly manifest: string;
  readonly config: string;
  readonly layer: (mediaType: string) => string;
}

/** A layer's media type in the words of this kind of image; what is no layer keeps its own. */
export function layerTypeOf(mediaType: string, kind: ImageKind): string {
  const type = parseLayerType(mediaType);
  const isDocker = kind === 'docker';
  return type === undefined || type.isDocker === isDocker ? mediaType : formatLayerType({ ...type, isDocker });
}

const documentTypes = {
  oci: { manifest: mediaTypes.manifest, config: mediaTypes.config },
  docker: { manifest: mediaTypes.dockerManifest, config: mediaTypes.dockerConfig },
} as const;

export function mediaTypesFor(kind: ImageKind): MediaTypes {
  return { ...documentTypes[kind], layer: mediaType => layerTypeOf(mediaType, kind) };
}

/** Docker's types where the manifest is a Docker manifest by its own word or else its descriptor's; OCI's otherwise. */
export function mediaTypesOf(manifest: Document<Manifest> | undefined): MediaTypes {
  const mediaType = manifest?.value.mediaType ?? manifest?.descriptor.mediaType;
  if (mediaType === mediaTypes.dockerManifest) return mediaTypesFor('docker');
  // The base's layers keep their types; only what is new is turned into docker's.
  return { ...mediaTypesFor('oci'), layer: type => type };
}

/** Whether an image is one of Docker's own form, whose new layers have Docker's types. */
export const isDockerImage = ({ manifest }: Pick<Image, 'manifest'>): boolean =>
  mediaTypesOf(manifest).manifest === mediaTypes.dockerManifest;

/** Whose media types a manifest and its parts have. A docker manifest whose parts are not all docker's is neither. */
export function kindOfTypes(manifest: Manifest, listedAs: string): ImageKind | 'mixed' {
  const isDockers = (manifest.mediaType ?? listedAs) === mediaTypes.dockerManifest;
  const isDockerConfig = manifest.config.mediaType === mediaTypes.dockerConfig;
  const layers = manifest.layers.flatMap(({ mediaType }) => parseLayerType(mediaType) ?? []);
  if (isDockers && (!isDockerConfig || layers.some(({ isDocker }) => !isDocker))) return 'mixed';
  return isDockers || isDockerConfig ? 'docker' : 'oci';
}
