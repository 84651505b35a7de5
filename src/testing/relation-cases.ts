import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerEntry } from '../tree/node.ts';
import { changeEntry, type FindingCases, plainTar, putPlain } from './finding-case.ts';
import { layerTar, type MadeDescriptor, putBytes, putImage, putIndex, putName } from './layout-files.ts';

const elsewhere = `sha256:${'1'.repeat(64)}`;
const image = 'org.opencontainers.image.';

/** An image whose manifest has an annotation. */
const annotated = (key: string, value: string) => ({
  make: (layout: string): void => void putPlain(layout, { manifest: { annotations: { [key]: value } } }),
});

/** Annotations that are not what their keys ask for. */
export const annotationCases: FindingCases = {
  'annotation-created': annotated(`${image}created`, 'yesterday'),
  'annotation-url': annotated(`${image}source`, 'git@example.org:app'),
  'annotation-licenses': annotated(`${image}licenses`, 'MIT, Apache-2.0'),
  'annotation-digest': annotated(`${image}base.digest`, 'latest'),
  'annotation-reference': annotated(`${image}base.name`, 'Debian Linux'),
  'annotation-reserved': annotated(`${image}license`, 'MIT'),
  'annotation-deprecated': {
    make: layout => void putPlain(layout, { config: { config: { Labels: { 'org.label-schema.name': 'app' } } } }),
  },
};

const plainImage = (layout: string, manifest: object = {}): MadeDescriptor =>
  putImage(layout, { layers: [{ tar: plainTar }], manifest });

const about = ({ digest, size }: Pick<MadeDescriptor, 'digest' | 'size'>) => ({
  subject: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size },
});

/** Indexes within indexes, so many of them. */
function nested(layout: string, depth: number): MadeDescriptor {
  let inner: MadeDescriptor = plainImage(layout);
  for (let level = 0; level < depth; level++) inner = putIndex(layout, [inner]);
  return inner;
}

const dockerArchive = (layout: string): string => join(layout, 'docker.tar');

/** A docker-archive of one image of that name. */
function dockerTar(name: string): Uint8Array {
  const diffID = `sha256:${createHash('sha256').update(plainTar).digest('hex')}`;
  const config = { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [diffID] } };
  const manifest = [{ Config: 'config.json', Layers: ['layer.tar'], RepoTags: [name] }];
  const files = new Map([
    ['config.json', Buffer.from(JSON.stringify(config))],
    ['layer.tar', plainTar],
    ['manifest.json', Buffer.from(JSON.stringify(manifest))],
  ]);
  const entries = [...files].map(([path, bytes]): LayerEntry => {
    const meta = { mode: 0o644, uid: 0, gid: 0, mtime: 0n, xattrs: new Map() };
    const content = { source: path, member: 0 };
    return { kind: 'node', path, node: { kind: 'file', meta, size: bytes.length, content } };
  });
  return layerTar(entries, ({ content }) => files.get(content.source) ?? Buffer.alloc(0));
}

/** Documents that do not go together, and what lies about in a place. */
export const relationCases: FindingCases = {
  'subject-missing': { make: layout => void putPlain(layout, { manifest: about({ digest: elsewhere, size: 1 }) }) },
  'referrer-tag-mismatch': {
    make(layout) {
      const subject = putPlain(layout);
      const other = plainImage(layout, about(subject));
      putName(layout, elsewhere.replace(':', '-'), putIndex(layout, [other]));
    },
  },
  'attestation-dangling': {
    make(layout) {
      const annotations = { 'vnd.docker.reference.digest': elsewhere };
      putName(layout, 'app', putIndex(layout, [{ ...plainImage(layout), annotations }]));
    },
  },
  'artifact-type-mismatch': {
    make(layout) {
      putPlain(layout, { manifest: { artifactType: 'text/plain' } });
      changeEntry(layout, { artifactType: 'text/html' });
    },
  },
  'platform-duplicate': {
    make(layout) {
      const other = plainImage(layout, { annotations: { other: 'yes' } });
      putName(layout, 'app', putIndex(layout, [plainImage(layout), other]));
    },
    also: ['platforms-several'],
  },
  'entry-duplicate': {
    make(layout) {
      putName(layout, 'app', putPlain(layout));
    },
  },
  'index-depth': { make: layout => putName(layout, 'app', nested(layout, 10)) },
  'blob-unreferenced': {
    make(layout) {
      putPlain(layout);
      putBytes(layout, 'text/plain', Buffer.from('left'));
    },
  },
  'blob-name': {
    make(layout) {
      putPlain(layout);
      writeFileSync(join(layout, 'blobs/sha256/readme'), 'left');
    },
  },
  place: { make: layout => writeFileSync(dockerArchive(layout), dockerTar('Not A Name')), place: dockerArchive },
  'layout-header-missing': {
    make(layout) {
      putPlain(layout);
      rmSync(join(layout, 'oci-layout'));
    },
  },
};
