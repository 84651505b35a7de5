import type { BodySource } from '../codec/body-source.ts';
import { type CompressOptions, compress, layerMediaType } from '../codec/compression.ts';
import type { LayerListener } from '../codec/layer-writer.ts';
import type { Bytes } from '../engine/engine.ts';
import { nodeEngine } from '../engine/node.ts';
import type { Taken } from '../engine/taken.ts';
import { diffIDOf } from '../spec/digest.ts';
import type { Layer } from '../spec/objects.ts';
import { sizeOf } from '../spec/sizes.ts';
import { hashed } from '../stream/hashed.ts';
import { announce } from '../stream/pace.ts';
import type { FileNode, LayerEntry } from '../tree/node.ts';
import type { Destination } from './destination.ts';
import { entriesTar } from './entries-tar.ts';
import type { CompressionOptions, Work } from './options.ts';

/** The files that entries have bodies for. */
export function* writtenFiles(entries: readonly LayerEntry[]): Iterable<FileNode> {
  for (const entry of entries) if (entry.kind === 'node' && entry.node.kind === 'file') yield entry.node;
}

/** How a new layer is stored. */
export const compressionOf = ({
  compression = 'gzip',
  level,
  compressor,
  signal,
}: CompressionOptions & Work): CompressOptions => ({ compression, level, compressor, signal });

interface StoreTo {
  readonly destination: Pick<Destination, 'put'>;
  readonly docker: boolean;
  readonly compression: CompressOptions;
  /** What the tar takes over from layers in compressed form. */
  readonly taken?: Taken | undefined;
}

/** Streams a layer's tar through its compression into the destination, and knows its diffID when that is done. */
export async function storeLayerTar(tar: Bytes, { destination, docker, compression, taken }: StoreTo): Promise<Layer> {
  const hasher = nodeEngine.createHash('sha256');
  const stored = await destination.put(compress(hashed(tar, hasher), compression, taken));
  return {
    descriptor: { mediaType: layerMediaType(compression.compression, { docker }), ...stored },
    diffID: diffIDOf(hasher.digest()),
  };
}

interface StoreLayerTo {
  readonly destination: Pick<Destination, 'put'>;
  readonly docker: boolean;
  readonly options: CompressionOptions & Work;
  /** Is told of what passes. */
  readonly listener?: LayerListener | undefined;
}

/** Stores a layer of these entries. */
export async function storeLayer(
  entries: readonly LayerEntry[],
  bodies: BodySource,
  { options, listener, ...place }: StoreLayerTo,
): Promise<Layer> {
  announce(options, 'writing', sizeOf(writtenFiles(entries)));
  const tar = entriesTar(entries, bodies, { work: options, listener });
  return storeLayerTar(tar, { ...place, compression: compressionOf(options) });
}
