import { copyBlobs, neededBlobs } from '../../graph/copy-graph.ts';
import type { ImageStore } from '../../graph/source.ts';
import { withName } from '../../spec/name.ts';
import type { Descriptor, ImageIndex } from '../../spec/objects.ts';
import { withLayout } from '../../store/layout/new-layout.ts';
import { placeKey } from '../../store/open-source.ts';
import { type ImageOperand, parseNewImage } from '../../store/parse-operand.ts';
import type { WriteOptions } from '../options.ts';
import type { BuildOptions } from './options.ts';

/** A layout, and what an image that is built is called in it. */
export interface BuildPlace {
  readonly path: string;
  readonly names: readonly string[];
  /** It is gone when the build ends, and nobody's to hear of. */
  readonly isScratch?: true;
}

/** The layouts that operands name, each once. */
export function parseBuildPlaces(images: readonly ImageOperand[]): readonly BuildPlace[] {
  const places = new Map<string, { readonly path: string; readonly names: string[] }>();
  for (const image of images) {
    const { path, name = 'latest' } = parseNewImage(image).place;
    const key = placeKey({ path });
    const place = places.get(key) ?? { path, names: [] };
    if (!place.names.includes(name)) place.names.push(name);
    places.set(key, place);
  }
  return [...places.values()];
}

/** The places that stay. */
export const lasting = (places: readonly BuildPlace[]): readonly BuildPlace[] =>
  places.filter(({ isScratch }) => isScratch !== true);

/** `LAYOUT:NAME` of every name. */
export const namesOf = (places: readonly BuildPlace[]): readonly string[] =>
  lasting(places).flatMap(({ path, names }) => names.map(name => `${path}:${name}`));

/** The layouts that stay. */
export const layoutsOf = (places: readonly BuildPlace[]): readonly string[] => lasting(places).map(({ path }) => path);

/** Where a build goes, in words. */
export const goalOf = (places: readonly BuildPlace[], { output }: Pick<BuildOptions, 'output'>): string => {
  const paths = layoutsOf(places);
  return paths.length > 0 ? paths.join(', ') : (output?.path ?? 'no place');
};

const named =
  (names: readonly string[], root: Descriptor) =>
  (index: ImageIndex): ImageIndex =>
    names.reduce((before, name) => withName(before, name, root), index);

/**
 * Names what has been put into the first place's layout, there and in all others, which get its blobs. Each layout is changed in one step, the first
 * one last.
 */
export async function namePlaces(
  root: Descriptor,
  {
    store,
    places,
    records,
    options,
  }: {
    store: ImageStore;
    places: readonly BuildPlace[];
    /** What else the first index says. */
    records: (index: ImageIndex) => ImageIndex;
    options: WriteOptions;
  },
): Promise<void> {
  const [first, ...others] = places;
  // What a dry run makes is nowhere to be read.
  if (options.dryRun !== true)
    for (const { path, names } of others)
      await withLayout(path, options, async other => {
        await copyBlobs(store, await neededBlobs(store, [root]), other);
        await other.updateIndex(named(names, root));
      });
  await store.updateIndex(index => named(first?.names ?? [], root)(records(index)));
}
