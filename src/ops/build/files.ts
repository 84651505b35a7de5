import type { Fail } from '../../errors.ts';
import type { ListingCache } from '../../graph/rootfs-image.ts';
import type { ImageSource } from '../../graph/source.ts';
import { chainID } from '../../spec/chain-id.ts';
import type { Layer } from '../../spec/objects.ts';
import type { LaidPart } from '../../store/rootfs/lay-out.ts';
import { memoized } from '../../stream/memoized.ts';
import { Pace, type Work } from '../../stream/pace.ts';
import { applyInParts } from '../../tree/apply.ts';
import { emptyTree, type Tree } from '../../tree/node.ts';
import { type Selected, selectSources, type Wanted } from '../../tree/select.ts';
import type { BuildContext } from './context.ts';

/** The files of an image, of a context, or of what a step leaves: made out when they are asked for. */
export interface StageFiles {
  /** What they are known by without being looked at: of layers their chainID, else the key of the step that leaves them; undefined of a context. */
  readonly identity: (() => Promise<string>) | undefined;
  readonly tree: () => Promise<Tree>;
  /** Of a context: what a text asks of them, remembered or made. */
  readonly said?: BuildContext['said'];
  /** Of a context: what leaves a path of it out. */
  readonly why?: () => Promise<BuildContext['why']>;
  /** What they are made of, for who lays them out on a disk; undefined of a context. */
  readonly parts?: StageParts;
}

/** What a step names of files. Throws what `fail` makes of what is not there. */
export const selectedOf = async (files: StageFiles, wanted: Wanted, fail: Fail): Promise<readonly Selected[]> =>
  selectSources(await files.tree(), wanted, { fail, why: await files.why?.() });

/** Layers over other files: stored ones, or what a step that has no layer of its own changes. */
interface StageParts {
  readonly below: StageFiles | undefined;
  readonly layers: () => Promise<readonly LaidPart[]>;
}

export const scratch: StageFiles = {
  identity: async () => '',
  tree: async () => emptyTree(),
  parts: { below: undefined, layers: async () => [] },
};

/** Files with a stored layer on them, which is read when somebody asks what is in it. */
export const withLayer = (
  below: StageFiles,
  layer: Layer,
  { source, listings, work }: { readonly source: ImageSource; readonly listings: ListingCache; readonly work: Work },
): StageFiles => ({
  identity: memoized(async () => chainID((await below.identity?.()) ?? '', layer.diffID)),
  tree: memoized(async () => {
    const [tree, { entries }] = [await below.tree(), await listings.list(source, layer, 'none')];
    return new Pace(work.signal).run(applyInParts(tree, entries));
  }),
  parts: { below, layers: async () => [{ kind: 'layer', source, layer }] },
});
