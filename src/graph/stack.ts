import { blobsOf } from '../image/layers.ts';
import type { Layer } from '../spec/objects.ts';
import { Pace } from '../stream/pace.ts';
import type { FileNode } from '../tree/node.ts';
import { foldStack, type Stack } from '../tree/stack.ts';
import { type Keeping, KeptBodies } from './kept-bodies.ts';
import { warningsOf } from './layer-label.ts';
import { listLayer } from './layer-listing.ts';
import { openImageRootfs } from './rootfs-image.ts';
import type { ImageSource } from './source.ts';

/** An image's layers, each read once and proved, as they act on one another. */
interface ImageStack {
  readonly layers: readonly Layer[];
  readonly stack: Stack;
  /** Bytes of each layer's uncompressed tar. */
  readonly sizes: readonly number[];
  readonly warnings: readonly string[];
  /** What was kept of the contents. */
  readonly kept: KeptBodies;
  /** What the contents of these files, of whatever layer, are told apart by. */
  readonly digests: (files: ReadonlySet<FileNode>) => Promise<ReadonlyMap<FileNode, string>>;
}

/** Reads a stack of layers, each blob's digest, size and diffID checked. Whole in memory: metadata, and the contents that are to be kept. */
export async function readStack(source: ImageSource, layers: readonly Layer[], keeping?: Keeping): Promise<ImageStack> {
  const kept = new KeptBodies(keeping);
  const listings = [];
  for (const layer of layers) listings.push(await listLayer(source, layer, { kept }));
  const entries = listings.map(listing => listing.entries);
  const stack = await new Pace(source.work?.signal).run(foldStack(entries, source.subject));
  const rootfs = openImageRootfs(source, layers);
  return {
    layers,
    stack,
    sizes: listings.map(({ size }) => size),
    warnings: await warningsOf(source, blobsOf(layers)),
    kept,
    digests: files => rootfs.digests(files),
  };
}
