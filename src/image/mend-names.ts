import { nameOf, withName } from '../spec/name.ts';
import type { ImageIndex } from '../spec/objects.ts';
import type { Mended } from './mend-image.ts';

const count = (index: ImageIndex, name: string): number =>
  index.manifests.filter(entry => nameOf(entry) === name).length;

/**
 * The index of a place in which no two entries have one name. Of several the last has it: engines that take one by one what is
 * listed end with that one. The others stay without it, unless they are the same. `before` is the index in which those that are
 * one image for several platforms had not become one entry.
 */
export function mendNames(
  { before, index }: { readonly before: ImageIndex; readonly index: ImageIndex },
  note: (mended: Mended) => void,
): ImageIndex {
  let mended = index;
  for (const name of new Set(before.manifests.flatMap(entry => nameOf(entry) ?? []))) {
    const subject = `name '${name}'`;
    const all = mended.manifests.filter(entry => nameOf(entry) === name);
    const last = all.at(-1);
    if (last === undefined) continue;
    if (all.length < Math.min(count(before, name), 2))
      note({ code: 'name-duplicate', subject, message: 'its images are those of one index' });
    if (all.length < 2) continue;
    const others = [...new Set(all.map(({ digest }) => digest))].filter(digest => digest !== last.digest);
    note(
      others.length === 0
        ? { code: 'entry-duplicate', subject, message: `${last.digest} is listed once` }
        : { code: 'name-duplicate', subject, message: `${last.digest} has it, and not ${others.join(', ')}` },
    );
    mended = withName(mended, name, last);
  }
  return mended;
}
