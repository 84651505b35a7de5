import { Pace, type Work } from '../stream/pace.ts';
import type { Change } from '../tree/change.ts';
import { contentCandidates, diffInParts, type DiffOptions as TreeDiffOptions } from '../tree/diff.ts';
import type { FileNode, Tree } from '../tree/node.ts';
import { each } from '../tree/parts.ts';
import { both } from './both.ts';

/** One of two root filesystems to compare: its tree, and a way to learn contents that only reading tells apart. */
export interface Side {
  readonly tree: Tree;
  readonly digests: (files: ReadonlySet<FileNode>) => Promise<ReadonlyMap<FileNode, string>>;
}

/** What differs between two root filesystems. Only files of equal size whose contents are not known to be the same are read. */
export async function compareSides(
  before: Side,
  after: Side,
  { signal, ...options }: Omit<TreeDiffOptions, 'digests'> & Pick<Work, 'signal'>,
): Promise<Change[]> {
  const pace = new Pace(signal);
  await pace.turn();
  if (options.trustMtime === true) return pace.run(diffInParts(before.tree, after.tree, options));
  const candidates = await pace.run(contentCandidates(before.tree, after.tree));
  const [lower, upper] = await both(
    () => before.digests(new Set(candidates.map(pair => pair.before))),
    () => after.digests(new Set(candidates.map(pair => pair.after))),
  );
  const digests = new Map(lower);
  await pace.run(each(upper, ([file, digest]) => void digests.set(file, digest)));
  return pace.run(diffInParts(before.tree, after.tree, { ...options, digests }));
}
