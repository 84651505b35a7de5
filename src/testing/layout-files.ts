import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { writeLayer } from '../codec/layer-writer.ts';
import type { FileNode, LayerEntry } from '../tree/node.ts';

/** A layer as a test wants it stored; what it claims need not be true. */
interface MadeLayer {
  /** The uncompressed tar. */
  readonly tar: Uint8Array;
  /** gzip when absent. */
  readonly compression?: 'gzip' | 'none';
  /** What the config says of it; the tar's own digest when absent. */
  readonly diffID?: string;
  /** What the manifest says of it; what is true when absent. */
  readonly mediaType?: string;
}

export interface MadeDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

interface MadeImage {
  readonly layers: readonly MadeLayer[];
  readonly architecture?: string;
  /** More fields of the config document. */
  readonly config?: object;
  /** More fields of the manifest. */
  readonly manifest?: object;
}

const oci = 'application/vnd.oci.image';
const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** The bytes of a file of the arbitraries: its content's number over and over. */
const numberedBody = (node: FileNode): Uint8Array => new Uint8Array(node.size).fill(node.content.member);

/** The tar of these entries. */
export function layerTar(
  entries: Iterable<LayerEntry>,
  body: (node: FileNode) => Uint8Array = numberedBody,
): Uint8Array {
  // A chunk is valid until the next, so each is copied.
  const chunks = Array.from(writeLayer(entries, { body: (_path, node) => [body(node)] }), chunk => Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Makes an empty layout by plain writes, as somebody else's tool would. */
export function makeLayout(layout: string): string {
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [] }));
  return layout;
}

export const blobFile = (layout: string, digest: string): string => join(layout, 'blobs', digest.replace(':', '/'));

/** Stores bytes as a blob. */
export function putBytes(layout: string, mediaType: string, bytes: Uint8Array): MadeDescriptor {
  const digest = sha256(bytes);
  const file = blobFile(layout, digest);
  if (!existsSync(file)) writeFileSync(file, bytes);
  return { mediaType, digest, size: bytes.length };
}

/** Stores a JSON object as a blob. */
export const putJson = (layout: string, mediaType: string, value: object): MadeDescriptor =>
  putBytes(layout, mediaType, Buffer.from(JSON.stringify(value)));

/** Stores an image's blobs; no name is given. The answer is the manifest's descriptor, with its platform. */
export function putImage(layout: string, image: MadeImage): MadeDescriptor {
  const { layers, architecture = 'amd64' } = image;
  const platform = { os: 'linux', architecture };
  const config = putJson(layout, `${oci}.config.v1+json`, {
    ...platform,
    config: { Cmd: ['sh'], Labels: { tier: 'test' } },
    rootfs: { type: 'layers', diff_ids: layers.map(({ tar, diffID }) => diffID ?? sha256(tar)) },
    history: layers.map((_, at) => ({ created_by: `layer ${at + 1}` })),
    ...image.config,
  });
  const stored = layers.map(({ tar, compression = 'gzip', mediaType }) =>
    compression === 'none'
      ? putBytes(layout, mediaType ?? `${oci}.layer.v1.tar`, tar)
      : putBytes(layout, mediaType ?? `${oci}.layer.v1.tar+gzip`, gzipSync(tar)),
  );
  const mediaType = `${oci}.manifest.v1+json`;
  const manifest = { schemaVersion: 2, mediaType, config, layers: stored, ...image.manifest };
  return { ...putJson(layout, mediaType, manifest), platform };
}

/** Stores an index of these as a blob. */
export function putIndex(layout: string, manifests: readonly MadeDescriptor[]): MadeDescriptor {
  const mediaType = `${oci}.index.v1+json`;
  return putJson(layout, mediaType, { schemaVersion: 2, mediaType, manifests });
}

/** Gives a manifest or index a name in index.json. */
export function putName(layout: string, name: string, descriptor: MadeDescriptor): void {
  const file = join(layout, 'index.json');
  const index = JSON.parse(readFileSync(file, 'utf8')) as { readonly manifests: readonly MadeDescriptor[] };
  const annotations = { ...descriptor.annotations, 'org.opencontainers.image.ref.name': name };
  const manifests = [...index.manifests, { ...descriptor, annotations }];
  writeFileSync(file, JSON.stringify({ ...index, manifests }));
}
