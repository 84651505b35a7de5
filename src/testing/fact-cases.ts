import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  changeEntry,
  changeIndex,
  type FindingCases,
  manifestIn,
  plainTar,
  putChanged,
  putPlain,
} from './finding-case.ts';
import { type MadeDescriptor, putBytes, putImage, putIndex, putJson, putName } from './layout-files.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const docker = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
};

/** An artifact of one file. */
function putArtifact(layout: string): MadeDescriptor {
  const config = putJson(layout, 'application/vnd.example.config', {});
  return putJson(layout, manifestType, { schemaVersion: 2, mediaType: manifestType, config, layers: [] });
}

/** A plain image whose manifest and parts have docker's types, the layers what is said. */
function putDockers(layout: string, layerType: string): void {
  putPlain(layout);
  const { config, layers, ...rest } = manifestIn(layout);
  const { digest, size } = putJson(layout, docker.manifest, {
    ...rest,
    mediaType: docker.manifest,
    config: { ...config, mediaType: docker.config },
    layers: layers.map(layer => ({ ...layer, mediaType: layerType })),
  });
  changeEntry(layout, { digest, size, mediaType: docker.manifest });
}

const plain = (layout: string, architecture = 'amd64'): MadeDescriptor =>
  putImage(layout, { layers: [{ tar: plainTar }], architecture });

/** Documents that no specification forbids, and some engine does not take. */
export const factCases: FindingCases = {
  artifact: {
    make(layout) {
      putPlain(layout);
      putName(layout, 'signature', putArtifact(layout));
    },
  },
  'image-missing': { make: layout => putName(layout, 'signature', putArtifact(layout)), also: ['artifact'] },
  'media-type-unknown': {
    make(layout) {
      putPlain(layout);
      putName(layout, 'other', putBytes(layout, 'text/plain', Buffer.from('other')));
    },
  },
  'media-types-docker': { make: layout => putDockers(layout, docker.layer), also: ['blob-unreferenced'] },
  'media-types-mixed': {
    make: layout => putDockers(layout, 'application/vnd.oci.image.layer.v1.tar+gzip'),
    also: ['blob-unreferenced'],
  },
  'name-missing': { make: layout => changeIndex(layout, index => ({ ...index, manifests: [plain(layout)] })) },
  'name-needed': {
    make(layout) {
      changeIndex(layout, index => ({ ...index, manifests: [plain(layout)] }));
      putName(layout, 'other', putImage(layout, { layers: [] }));
    },
    also: ['name-missing'],
  },
  'platforms-several': {
    make: layout => putName(layout, 'app', putIndex(layout, [plain(layout), plain(layout, 'arm64')])),
  },
  'manifests-several': {
    make(layout) {
      const image = plain(layout);
      const attestation = {
        ...putImage(layout, { layers: [], config: { os: 'unknown', architecture: 'unknown' } }),
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: {
          'vnd.docker.reference.type': 'attestation-manifest',
          'vnd.docker.reference.digest': image.digest,
        },
      };
      putName(layout, 'app', putIndex(layout, [image, attestation]));
    },
  },
  'index-nested': {
    make: layout => putName(layout, 'app', putIndex(layout, [putIndex(layout, [plain(layout)])])),
  },
  'user-unknown': {
    make: layout => void putPlain(layout, { config: { config: { User: 'nobody:nogroup' } } }),
  },
  'platform-malformed': {
    make(layout) {
      putPlain(layout, { config: { architecture: 'a b' } });
      changeEntry(layout, { platform: undefined });
    },
  },
  'platform-unknown': {
    make(layout) {
      putPlain(layout, { config: { os: 'templeos' } });
      changeEntry(layout, { platform: undefined });
    },
  },
  'compression-trailing': {
    make(layout) {
      putChanged(layout, manifest => {
        const layer = putBytes(
          layout,
          'application/vnd.oci.image.layer.v1.tar+gzip',
          Buffer.concat([gzipSync(plainTar), Buffer.alloc(512)]),
        );
        return { ...manifest, layers: [layer] };
      });
    },
    also: ['blob-unreferenced'],
  },
};

/** What zeros after a gzip stream are not: an empty member has a length of zero. */
export function putEmptyMember(layout: string): void {
  const bytes = Buffer.concat([gzipSync(plainTar), gzipSync('')]);
  const diffID = `sha256:${createHash('sha256').update(plainTar).digest('hex')}`;
  const layer = putBytes(layout, 'application/vnd.oci.image.layer.v1.tar+gzip', bytes);
  const config = { rootfs: { type: 'layers', diff_ids: [diffID] }, history: [{}] };
  putName(layout, 'app', putImage(layout, { layers: [], config, manifest: { layers: [layer] } }));
}
