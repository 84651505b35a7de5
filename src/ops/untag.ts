import { usage } from '../errors.ts';
import { withoutName } from '../spec/name.ts';
import { openNamedStore, parseImagePlace } from '../store/locate.ts';
import type { WriteOptions } from './options.ts';
import type { UntagResult } from './results.ts';

/**
 * Takes names away. The images stay in their layouts, reachable by digest.
 * Every name is looked up before the first is taken away; throws `not-found` and changes nothing where one is missing.
 */
export async function untag(images: readonly string[], options: WriteOptions = {}): Promise<UntagResult> {
  const found = [];
  for (const image of images) {
    const { name } = parseImagePlace(image, 'read');
    if (name === undefined) throw usage(image, 'expected LAYOUT:NAME, got no name', 'name what is to be taken away');
    found.push({ name, ...(await openNamedStore(image)) });
  }
  if (options.dryRun !== true) {
    for (const { name, store } of found) await store.updateIndex(index => withoutName(index, name));
  }
  return { removed: found.map(({ name, named }) => ({ name, digest: named.digest })) };
}
