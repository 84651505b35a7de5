import { mediaTypes } from '../spec/media-type.ts';
import type { Document, Manifest } from '../spec/objects.ts';

/** The media types of one image's documents; `layer` turns the type of an OCI layer into that of this kind of image. */
export interface MediaTypes {
  readonly manifest: string;
  readonly config: string;
  readonly layer: (mediaType: string) => string;
}

const oci: MediaTypes = {
  manifest: mediaTypes.manifest,
  config: mediaTypes.config,
  layer: mediaType => mediaType,
};

const dockerLayers: ReadonlyMap<string, string> = new Map([
  ['application/vnd.oci.image.layer.v1.tar', 'application/vnd.docker.image.rootfs.diff.tar'],
  ['application/vnd.oci.image.layer.v1.tar+gzip', 'application/vnd.docker.image.rootfs.diff.tar.gzip'],
  ['application/vnd.oci.image.layer.v1.tar+zstd', 'application/vnd.docker.image.rootfs.diff.tar.zstd'],
]);

const docker: MediaTypes = {
  manifest: mediaTypes.dockerManifest,
  config: mediaTypes.dockerConfig,
  layer: mediaType => dockerLayers.get(mediaType) ?? mediaType,
};

/** Docker's types where the manifest is a Docker manifest by its own word or else its descriptor's; OCI's otherwise. */
export function mediaTypesOf(manifest: Document<Manifest> | undefined): MediaTypes {
  const mediaType = manifest?.value.mediaType ?? manifest?.descriptor.mediaType;
  return mediaType === docker.manifest ? docker : oci;
}
