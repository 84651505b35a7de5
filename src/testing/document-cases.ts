import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import {
  changeEntry,
  changeIndex,
  type FindingCases,
  manifestIn,
  plainTar,
  putChanged,
  putPlain,
} from './finding-case.ts';
import { blobFile, putBytes, putImage, putJson, putName } from './layout-files.ts';

const docker = 'application/vnd.docker.distribution.manifest.v2+json';
const emptyConfig = {
  mediaType: 'application/vnd.oci.empty.v1+json',
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  size: 2,
  data: 'e30=',
};

const config = (fields: object) => (layout: string) => void putPlain(layout, { config: fields as never });
const container = (fields: object) => config({ config: fields });
const manifest = (fields: object) => (layout: string) => void putPlain(layout, { manifest: fields as never });

const withUrl = (url: string) => (layout: string) =>
  putChanged(layout, ({ layers, ...rest }) => ({ ...rest, layers: layers.map(layer => ({ ...layer, urls: [url] })) }));

const layerOf = (layout: string): string => blobFile(layout, manifestIn(layout).layers[0]?.digest ?? '');

/** Blobs that are not what they should be. */
export const blobCases: FindingCases = {
  'blob-missing': {
    make(layout) {
      putPlain(layout);
      rmSync(layerOf(layout));
    },
  },
  'digest-mismatch': {
    make(layout) {
      putPlain(layout);
      const bytes = readFileSync(layerOf(layout));
      // A byte of the gzip header that says nothing.
      bytes[9] = (bytes[9] as number) ^ 1;
      writeFileSync(layerOf(layout), bytes);
    },
  },
  'size-mismatch': {
    make(layout) {
      putPlain(layout);
      changeEntry(layout, { size: 5 });
    },
  },
  'diffid-mismatch': {
    make: layout =>
      putName(layout, 'app', putImage(layout, { layers: [{ tar: plainTar, diffID: `sha256:${'0'.repeat(64)}` }] })),
  },
  'data-mismatch': {
    make(layout) {
      putPlain(layout);
      changeEntry(layout, { data: 'e30=' });
    },
    also: ['digest-mismatch', 'size-mismatch'],
  },
  damaged: {
    make(layout) {
      const manifests = [putBytes(layout, 'application/vnd.oci.image.manifest.v1+json', Buffer.from('{'))];
      changeIndex(layout, index => ({ ...index, manifests }));
    },
    also: ['name-missing'],
  },
  unsupported: {
    make(layout) {
      const manifests = [putJson(layout, 'application/vnd.docker.distribution.manifest.v1+prettyjws', {})];
      changeIndex(layout, index => ({ ...index, manifests }));
    },
    also: ['media-type-unknown', 'image-missing'],
  },
};

/** Documents that break their schema. */
export const schemaCases: FindingCases = {
  'schema-required': { make: layout => putChanged(layout, ({ schemaVersion: _, ...rest }) => rest) },
  'schema-type': { make: config({ author: 5 }) },
  'schema-const': { make: manifest({ schemaVersion: 3 }) },
  'schema-enum': { make: manifest({ mediaType: 'text/plain' }), also: ['media-type-mismatch'] },
  'schema-pattern': { make: config({ created: 'yesterday' }) },
  'schema-not': { make: manifest({ manifests: [] }) },
  'schema-minLength': { make: manifest({ annotations: { '': 'x' } }) },
  'schema-maxLength': {
    make: layout =>
      changeIndex(layout, index => ({
        ...index,
        manifests: [{ mediaType: 'text/plain', digest: `sha256:${'0'.repeat(600)}`, size: 1 }],
      })),
    also: ['schema-pattern', 'digest-malformed'],
  },
  'schema-minimum': {
    make: layout =>
      changeIndex(layout, index => ({
        ...index,
        manifests: [{ mediaType: 'text/plain', digest: `sha256:${'0'.repeat(64)}`, size: -1 }],
      })),
  },
  'schema-maximum': {
    make: layout =>
      changeIndex(layout, index => ({
        ...index,
        manifests: [{ mediaType: 'text/plain', digest: `sha256:${'0'.repeat(64)}`, size: 2 ** 60 }],
      })),
  },
};

/** Documents that contradict each other, or say what nobody can use. */
export const documentCases: FindingCases = {
  'layer-count': { make: config({ rootfs: { type: 'layers', diff_ids: [] } }) },
  'history-count': { make: config({ history: [{}, {}] }) },
  'platform-mismatch': {
    make(layout) {
      putPlain(layout);
      changeEntry(layout, { platform: { os: 'linux', architecture: 'arm64' } });
    },
  },
  'platform-empty': {
    make(layout) {
      putPlain(layout, { config: { architecture: '' } });
      changeEntry(layout, { platform: undefined });
    },
  },
  'media-type-mismatch': { make: manifest({ mediaType: docker }), also: ['media-types-mixed'] },
  'null-list': {
    make: layout => putName(layout, 'app', putImage(layout, { layers: [], manifest: { layers: null } })),
  },
  'artifact-type-missing': {
    make: manifest({ config: emptyConfig }),
    also: ['schema-required', 'artifact', 'image-missing', 'blob-unreferenced'],
  },
  'env-malformed': { make: container({ Env: ['A'] }), also: ['schema-pattern'] },
  'env-duplicate': { make: container({ Env: ['A=1', 'A=2'] }) },
  'port-malformed': { make: container({ ExposedPorts: { http: {} } }), also: ['schema-pattern'] },
  'working-directory-relative': { make: container({ WorkingDir: 'app' }) },
  'stop-signal-unknown': { make: container({ StopSignal: 'SIGNOPE' }) },
  'name-duplicate': {
    make(layout) {
      putPlain(layout);
      putName(layout, 'app', putImage(layout, { layers: [] }));
    },
  },
  'name-grammar': {
    make(layout) {
      putName(layout, 'a__b', putImage(layout, { layers: [{ tar: plainTar }] }));
    },
  },
  'config-deprecated': { make: container({ ArgsEscaped: true }) },
  'descriptor-urls': { make: withUrl('https://example.org/layer') },
  'descriptor-url-scheme': { make: withUrl('ftp://example.org/layer'), also: ['descriptor-urls'] },
};
