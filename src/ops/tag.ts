import { withName } from '../spec/name.ts';
import type { ImageIndex } from '../spec/objects.ts';
import { newName } from '../store/image-place.ts';
import { withLayout } from '../store/layout/new-layout.ts';
import { OpenPlaces, openStored } from '../store/open-operand.ts';
import { type ImageOperand, parseOperand } from '../store/parse-operand.ts';
import { severalOf, text } from './call-kinds.ts';
import { checkCall } from './check-call.ts';
import type { WriteOptions } from './options.ts';
import type { TagResult } from './results.ts';
import { allOf, type Several } from './several.ts';

/**
 * Gives an image more names in its layout; a name that another image has moves. All names or none.
 * The image may be a multi-platform index: its name stands for all of it.
 */
export async function tag(image: ImageOperand, names: Several<string>, options: WriteOptions = {}): Promise<TagResult> {
  checkCall('tag', { image: ['operand', image], names: [severalOf(text), names] }, options);
  const parsed = parseOperand(image, 'read');
  const all = allOf(names);
  for (const name of all) newName(parsed.place.path, name);
  const { place, source, index, named } = await openStored(parseOperand(image, 'read'), new OpenPlaces(options));
  const renamed = (before: ImageIndex): ImageIndex =>
    all.reduce((changed, name) => withName(changed, name, named), before);
  if (options.dryRun === true) renamed(index.value);
  else
    await withLayout(place.path, options, async store => {
      // What several entries are together becomes a blob when it gets a name of its own; what is there is held to be there still.
      if (await source.has(named)) await store.bring(source, named);
      await store.updateIndex(renamed);
    });
  return { digest: named.digest, names: all };
}
