import { readLayer } from '../codec/layer-reader.ts';
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
  let isIt = false;
  await readLayer(layerBytes(source, layer), layerOrigin(source, layer), {
    entry(entry) {
      isIt = entry.kind === 'node' && entry.node.kind === 'file' && entry.node.content.member === file.content.member;
    },
    data(chunk) {
      if (isIt) chunks.push(Uint8Array.from(chunk));
    },
    end() {
      isIt = false;
    },
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
