import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { changeIndex, type FindingCases, plainTar, putChanged } from './finding-case.ts';
import { putBytes, putImage, putName } from './layout-files.ts';
import { withSum } from './tar-blocks.ts';

const layerType = 'application/vnd.oci.image.layer.v1.tar';

/** An image of these layers, bottom first. */
export const tars =
  (...layers: readonly Uint8Array[]) =>
  (layout: string): void =>
    putName(layout, 'app', putImage(layout, { layers: layers.map(tar => ({ tar })) }));

/** An image of one layer of this media type. */
const typed = (mediaType: string, compression: 'gzip' | 'none' = 'none') => ({
  make: (layout: string): void =>
    putName(layout, 'app', putImage(layout, { layers: [{ tar: plainTar, mediaType, compression }] })),
});

/** The same tar with the header at `offset` changed and its checksum made again. */
export function withHeader(tar: Uint8Array, offset: number, change: (header: Buffer) => void): Buffer {
  const bytes = Buffer.from(tar);
  const header = bytes.subarray(offset, offset + 512);
  change(header);
  withSum(header);
  return bytes;
}

/** Layers that are wrong as a whole. */
export const layerCases: FindingCases = {
  'layer-mislabelled': typed(`${layerType}+gzip`),
  'layer-type-unknown': typed('application/vnd.dev.cosign.simplesigning.v1+json'),
  'layer-encrypted': typed(`${layerType}+gzip+encrypted`),
  'layer-nondistributable': typed('application/vnd.oci.image.layer.nondistributable.v1.tar'),
  'compression-damaged': {
    make(layout) {
      const whole = gzipSync(plainTar);
      const cut = putBytes(layout, `${layerType}+gzip`, whole.subarray(0, whole.length - 10));
      const diffID = `sha256:${createHash('sha256').update(plainTar).digest('hex')}`;
      const config = { rootfs: { type: 'layers', diff_ids: [diffID] }, history: [] };
      putName(layout, 'app', putImage(layout, { layers: [], config, manifest: { layers: [cut] } }));
    },
  },
  'layer-zstd': { ...typed(`${layerType}+zstd`), also: ['layer-mislabelled'] },
  'digest-other': {
    make: layout =>
      changeIndex(layout, index => ({
        ...index,
        manifests: [{ mediaType: 'text/plain', digest: `sha512:${'0'.repeat(128)}`, size: 1 }],
      })),
    also: ['media-type-unknown'],
  },
  'table-mismatch': {
    make: layout =>
      putChanged(layout, manifest => ({
        ...manifest,
        layers: manifest.layers.map(layer => ({
          ...layer,
          annotations: { 'containerd.io/snapshot/stargz/toc.digest': `sha256:${'0'.repeat(64)}` },
        })),
      })),
  },
  'tar-damaged': { make: tars(plainTar.subarray(0, 300)) },
  'tar-type-unusual': { make: tars(withHeader(plainTar, 0, header => header.write('D', 156))) },
};
