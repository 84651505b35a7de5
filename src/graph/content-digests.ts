import type { Layer } from '../spec/objects.ts';
import type { FileNode } from '../tree/node.ts';
import { listLayer } from './layer-listing.ts';
import type { ImageSource } from './source.ts';

/** The contents of files (sha256, hexadecimal) that are in these layers; only layers that have any are read. */
export async function contentDigests(
  source: ImageSource,
  layers: readonly Layer[],
  files: Iterable<FileNode>,
): Promise<ReadonlyMap<FileNode, string>> {
  const wanted = [...files];
  const found = new Map<FileNode, string>();
  for (const layer of new Map(layers.map(one => [one.diffID, one])).values()) {
    const ofLayer = wanted.filter(({ content }) => content.source === layer.diffID);
    if (ofLayer.length === 0) continue;
    const members = new Map<number, FileNode[]>();
    for (const file of ofLayer) members.set(file.content.member, [...(members.get(file.content.member) ?? []), file]);
    const { digests } = await listLayer(source, layer, { members: new Set(members.keys()) });
    for (const [read, digest] of digests)
      for (const file of members.get(read.content.member) ?? []) found.set(file, digest);
  }
  return found;
}
