import { invalid } from '../errors.ts';
import type { Descriptor, Image, Layer } from '../spec/objects.ts';

/** Throws `invalid` where a config has not one diffID for each layer; `subject` names the config (image-spec config.md). */
export function checkLayerCount(subject: string, { diffIDs, layers }: { diffIDs: number; layers: number }): void {
  if (diffIDs !== layers)
    throw invalid(`${subject}: /rootfs/diff_ids`, `as many diff_ids as layers (${layers})`, `${diffIDs}`);
}

/** The layers of an image, bottom first, each with the diffID that the config claims for it. Throws `invalid` where their numbers differ. */
export function layersOf({ manifest, config }: Image): readonly Layer[] {
  const { layers } = manifest.value;
  const diffIDs = config.value.rootfs.diff_ids;
  checkLayerCount(`image config ${config.descriptor.digest}`, { diffIDs: diffIDs.length, layers: layers.length });
  return layers.flatMap((descriptor, position) => {
    const diffID = diffIDs[position];
    return diffID === undefined ? [] : [{ descriptor, diffID }];
  });
}

/** The blobs that layers are. */
export const blobsOf = (layers: readonly Layer[]): readonly Descriptor[] => layers.map(({ descriptor }) => descriptor);
