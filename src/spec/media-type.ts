/** Media types of image-spec media-types.md and of docker's image manifest v2, schema 2. */
export const mediaTypes = {
  descriptor: 'application/vnd.oci.descriptor.v1+json',
  layoutHeader: 'application/vnd.oci.layout.header.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerSchema1: 'application/vnd.docker.distribution.manifest.v1+json',
  dockerSchema1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
} as const;

export function isIndexType(mediaType: string): boolean {
  return mediaType === mediaTypes.index || mediaType === mediaTypes.dockerIndex;
}

export function isManifestType(mediaType: string): boolean {
  return mediaType === mediaTypes.manifest || mediaType === mediaTypes.dockerManifest;
}

const artifactTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.artifact.manifest.v1+json',
  'application/vnd.cncf.oras.artifact.manifest.v1+json',
]);

/** Whether blobs of this type name others that they need: indexes and manifests of every kind, those of formats gone by included. */
export function namesBlobs(mediaType: string): boolean {
  return (
    isIndexType(mediaType) || isManifestType(mediaType) || isSchema1Type(mediaType) || artifactTypes.has(mediaType)
  );
}

export function isConfigType(mediaType: string): boolean {
  return mediaType === mediaTypes.config || mediaType === mediaTypes.dockerConfig;
}

export function isSchema1Type(mediaType: string): boolean {
  return mediaType === mediaTypes.dockerSchema1 || mediaType === mediaTypes.dockerSchema1Signed;
}

/** How a layer's tar is stored. */
export type Compression = 'none' | 'gzip' | 'zstd';

/** What the media type of a layer says: in whose words, whether others may have it (nondistributable, docker's foreign), and how it is stored. */
export interface LayerType {
  readonly isDocker: boolean;
  readonly isForeign: boolean;
  readonly compression: Compression;
}

const layerType =
  /^application\/vnd\.(?:oci\.image\.layer\.(nondistributable\.)?v1\.tar|(docker)\.image\.rootfs\.(foreign\.)?diff\.tar)(?:[.+](gzip|zstd))?$/;

/** Takes the media type of a layer apart (image-spec layer.md; docker's image manifest v2, schema 2); undefined where it is none. */
export function parseLayerType(mediaType: string): LayerType | undefined {
  const found = layerType.exec(mediaType);
  if (found === null) return undefined;
  const [, nondistributable, docker, foreign, compression = 'none'] = found;
  return {
    isDocker: docker !== undefined,
    isForeign: (nondistributable ?? foreign) !== undefined,
    compression: compression as Compression,
  };
}

export function formatLayerType({ isDocker, isForeign, compression }: LayerType): string {
  if (isDocker) {
    const plain = `application/vnd.docker.image.rootfs.${isForeign ? 'foreign.' : ''}diff.tar`;
    return compression === 'none' ? plain : `${plain}.${compression}`;
  }
  const plain = `application/vnd.oci.image.layer.${isForeign ? 'nondistributable.' : ''}v1.tar`;
  return compression === 'none' ? plain : `${plain}+${compression}`;
}

/** A layer of any kind, encrypted as containers/ocicrypt does. */
export function isEncryptedType(mediaType: string): boolean {
  const plain = mediaType.replace(/\+encrypted$/, '');
  return plain !== mediaType && isLayerType(plain);
}

/** A layer of any compression, deprecated nondistributable and docker's foreign ones included. */
export function isLayerType(mediaType: string): boolean {
  return parseLayerType(mediaType) !== undefined;
}
