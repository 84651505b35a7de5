import { nameOf } from '../spec/name.ts';
import { openPlace } from '../store/open-operand.ts';
import { parseWholePlace } from '../store/parse-operand.ts';

/** Every name that a layout or an archive gives to an image, sorted; nothing but the index is read. Throws as `images` does. */
export async function imageNames(place: string): Promise<readonly string[]> {
  const { index } = await openPlace(parseWholePlace(place, 'a layout or an archive').place);
  const names = index.value.manifests.map(entry => nameOf(entry));
  return [...new Set(names.filter(name => name !== undefined))].sort();
}
