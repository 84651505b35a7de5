import { nameOf, withName } from '../spec/name.ts';
import type { ImageIndex } from '../spec/objects.ts';
import type { Mended } from './mend-image.ts';

/** The names that several entries have, in the order in which each first comes. */
function sharedNames({ manifests }: ImageIndex): readonly string[] {
  const counts = new Map<string, number>();
  for (const name of manifests.flatMap(entry => nameOf(entry) ?? [])) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].flatMap(([name, count]) => (count > 1 ? [name] : []));
}

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
  for (const name of sharedNames(before)) {
    const subject = `name '${name}'`;
    const all = mended.manifests.filter(entry => nameOf(entry) === name);
    const last = all.at(-1);
    if (last === undefined) continue;
    if (all.length === 1) {
      note({ code: 'name-duplicate', subject, message: 'its images are those of one index' });
      continue;
    }
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
