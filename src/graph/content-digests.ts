import type { Layer } from '../spec/objects.ts';
import { Pace } from '../stream/pace.ts';
import type { FileNode } from '../tree/node.ts';
import { each, type Parts } from '../tree/parts.ts';
import { listLayer } from './layer-listing.ts';
import type { ImageSource } from './source.ts';

/** The members of one layer, and the files that they are: a layer that is there twice makes two of one. */
type Members = Map<number, FileNode[]>;

function* byLayer(files: Iterable<FileNode>): Parts<ReadonlyMap<string, Members>> {
  const layers = new Map<string, Members>();
  yield* each(files, file => {
    const { source, member } = file.content;
    const members = layers.get(source) ?? new Map<number, FileNode[]>();
    const same = members.get(member);
    if (same === undefined) members.set(member, [file]);
    else same.push(file);
    layers.set(source, members);
  });
  return layers;
}

/** The contents of files (sha256, hexadecimal) that are in these layers; only layers that have any are read. */
export async function contentDigests(
  source: ImageSource,
  layers: readonly Layer[],
  files: Iterable<FileNode>,
): Promise<ReadonlyMap<FileNode, string>> {
  const pace = new Pace(source.work?.signal);
  const wanted = await pace.run(byLayer(files));
  const found = new Map<FileNode, string>();
  for (const layer of new Map(layers.map(one => [one.diffID, one])).values()) {
    const members = wanted.get(layer.diffID);
    if (members === undefined) continue;
    const { digests } = await listLayer(source, layer, { hashing: { members: new Set(members.keys()) } });
    const learn = ([{ content }, digest]: readonly [FileNode, string]): void =>
      members.get(content.member)?.forEach(file => void found.set(file, digest));
    await pace.run(each(digests, learn));
  }
  return found;
}
