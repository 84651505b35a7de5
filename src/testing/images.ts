import { type DiffID, digestOf } from '../spec/digest.ts';
import { encodeDocument } from '../spec/document.ts';
import type { Image, ImageConfig, Layer, Manifest } from '../spec/objects.ts';

interface Parts {
  readonly layers?: readonly Layer[];
  /** More fields of the config document. */
  readonly config?: object;
  /** More fields of the manifest. */
  readonly manifest?: object;
}

/** A layer that is only spoken of: its descriptor and diffID. `stored` are other bytes of the same tar. */
export function layerOf(text: string, stored: string = text): Layer {
  const encoder = new TextEncoder();
  const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';
  const bytes = encoder.encode(stored);
  return {
    descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length },
    diffID: digestOf(encoder.encode(text)) as DiffID,
  };
}

/** An image as two documents, for linux/amd64. */
export function imageOf({ layers = [layerOf('one')], config = {}, manifest = {} }: Parts = {}): Image {
  const rootfs = { type: 'layers', diff_ids: layers.map(({ diffID }) => diffID) };
  const value = { architecture: 'amd64', os: 'linux', rootfs, ...config } as ImageConfig;
  const document = encodeDocument(value, 'application/vnd.oci.image.config.v1+json');
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const descriptors = layers.map(({ descriptor }) => descriptor);
  const body = { schemaVersion: 2, mediaType, config: document.descriptor, layers: descriptors, ...manifest };
  return { config: document, manifest: encodeDocument(body as Manifest, mediaType) };
}
