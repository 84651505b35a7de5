import { ContentHashes } from '../codec/content-hashes.ts';
import { readLayer } from '../codec/layer-reader.ts';
import type { Bytes } from '../engine/engine.ts';
import type { Layer } from '../spec/objects.ts';
import type { FileNode, LayerEntry, Path } from '../tree/node.ts';
import type { KeptBodies } from './kept-bodies.ts';
import { layerBytes, layerOrigin } from './layer-bytes.ts';
import type { ImageSource } from './source.ts';

/** Which files' contents are hashed while a layer is read. */
export type Hashing =
  | 'none'
  | 'all'
  | { readonly paths: ReadonlySet<Path> }
  | { readonly members: ReadonlySet<number> };

/** A layer's entries in order, and what the contents are compared by (`createContentHash`), of those that were asked for. */
export interface LayerListing {
  readonly entries: readonly LayerEntry[];
  readonly digests: ReadonlyMap<FileNode, string>;
  /** Bytes of the uncompressed tar. */
  readonly size: number;
}

function wants(hashing: Hashing, path: Path, node: FileNode): boolean {
  if (typeof hashing === 'string') return hashing === 'all';
  return 'paths' in hashing ? hashing.paths.has(path) : hashing.members.has(node.content.member);
}

/** Reads one layer once: its entries, the digests of the bodies that `hashing` names, and those that `kept` keeps. */
export async function listLayer(
  source: ImageSource,
  layer: Layer,
  { hashing = 'none', kept }: { readonly hashing?: Hashing; readonly kept?: KeptBodies } = {},
): Promise<LayerListing> {
  const entries: LayerEntry[] = [];
  const hashes = new ContentHashes();
  let size = 0;
  async function* tar(): Bytes {
    for await (const chunk of layerBytes(source, layer)) {
      size += chunk.length;
      yield chunk;
    }
  }
  await readLayer(tar(), layerOrigin(source, layer), {
    entry(entry) {
      entries.push(entry);
      hashes.begin(entry, (path, file) => wants(hashing, path, file));
      kept?.begin(entry);
    },
    data(chunk) {
      hashes.update(chunk);
      kept?.data(chunk);
    },
    end() {
      hashes.end();
      kept?.end();
    },
  });
  return { entries, digests: hashes.digests, size };
}
