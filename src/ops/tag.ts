import { withName } from '../spec/name.ts';
import type { ImageIndex } from '../spec/objects.ts';
import { openNamedStore } from '../store/locate.ts';
import type { WriteOptions } from './options.ts';
import type { TagResult } from './results.ts';

/**
 * Gives an image more names in its layout; a name that another image has moves. All names or none.
 * The image may be a multi-platform index: its name stands for all of it.
 */
export async function tag(image: string, names: readonly string[], options: WriteOptions = {}): Promise<TagResult> {
  const { store, named } = await openNamedStore(image);
  const renamed = (index: ImageIndex): ImageIndex =>
    names.reduce((changed, name) => withName(changed, name, named), index);
  if (options.dryRun === true) renamed((await store.index()).value);
  else await store.updateIndex(renamed);
  return { digest: named.digest, names };
}
