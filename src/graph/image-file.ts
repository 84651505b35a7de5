import { readLayer } from '../codec/layer-reader.ts';
import { type ReadTar, readBodies } from '../codec/read-bodies.ts';
import { invalid } from '../errors.ts';
import type { Layer } from '../spec/objects.ts';
import type { FileNode, Path, Tree } from '../tree/node.ts';
import { find, resolvePath } from '../tree/walk.ts';
import { layerBytes, layerOrigin } from './layer-bytes.ts';
import type { ImageSource } from './source.ts';

interface Wanted {
  readonly tree: Tree;
  /** Symbolic links are followed inside the root. */
  readonly path: Path;
  /** Bytes. */
  readonly limit: number;
}

async function readBody(source: ImageSource, layer: Layer, file: FileNode): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const read: ReadTar = sink => readLayer(layerBytes(source, layer), layerOrigin(source, layer), sink);
  await readBodies(read, new Set([file.content.member]), {
    begin: () => undefined,
    data: chunk => void chunks.push(Uint8Array.from(chunk)),
    end: () => undefined,
  });
  return Buffer.concat(chunks);
}

/**
 * A small file of an image's merged root filesystem, out of the layer that brought it, or undefined where there is none. Throws
 * `invalid` where it is larger than the limit.
 */
export async function readImageFile(
  source: ImageSource,
  layers: readonly Layer[],
  { tree, path, limit }: Wanted,
): Promise<Uint8Array | undefined> {
  const file = find(tree, resolvePath(tree, path));
  if (file?.kind !== 'file') return undefined;
  if (file.size > limit) throw invalid(`${source.subject}: /${path}`, `at most ${limit} bytes`, `${file.size}`);
  const layer = layers.find(({ diffID }) => diffID === file.content.source);
  return layer === undefined ? undefined : readBody(source, layer, file);
}
