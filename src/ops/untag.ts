import { usage } from '../errors.ts';
import { nameOf, withoutNamed } from '../spec/name.ts';
import type { Descriptor } from '../spec/objects.ts';
import { OpenPlaces, openStored, type StoredImage } from '../store/open-operand.ts';
import { type ImageOperand, parseOperand } from '../store/parse-operand.ts';
import { checkCall } from './check-call.ts';
import type { WriteOptions } from './options.ts';
import type { UntagResult } from './results.ts';
import { allOf, type Several } from './several.ts';

/** A name that is to go: as it was written, who has it, and where. */
interface Found extends StoredImage {
  readonly name: string;
}

async function find(operand: ImageOperand, places: OpenPlaces): Promise<Found> {
  const parsed = parseOperand(operand, 'read');
  const { place, subject } = parsed;
  if (place.name === undefined)
    throw usage(subject, 'expected LAYOUT:NAME, got no name', 'name what is to be taken away');
  const stored = await openStored(parsed, places);
  if (stored.entries.length === 0)
    throw usage(
      subject,
      'expected LAYOUT:NAME, got the digest of a part of it',
      'a name goes from all that it stands for',
    );
  return { ...stored, name: place.name };
}

/** Each name once, however often and in whatever spelling it was given. */
async function findAll(images: readonly ImageOperand[], places: OpenPlaces): Promise<readonly Found[]> {
  const found = new Map<string, Found>();
  for (const image of images) {
    const one = await find(image, places);
    const key = `${one.key} ${one.named.digest} ${nameOf(one.named)}`;
    if (!found.has(key)) found.set(key, one);
  }
  return [...found.values()];
}

/**
 * Takes names away. The images stay in their layouts, reachable by digest. Every name is looked up before the first is taken
 * away; throws `not-found` and changes nothing where one is missing. A layout loses all of its names at once. What is said
 * twice counts once.
 */
export async function untag(images: Several<ImageOperand>, options: WriteOptions = {}): Promise<UntagResult> {
  checkCall('untag', { images: ['operands', images] }, options);
  const found = await findAll(allOf(images), new OpenPlaces(options));
  const layouts = new Map(found.map(({ key, store }) => [key, store]));
  if (options.dryRun !== true) {
    for (const [key, store] of layouts) {
      const losing: readonly Descriptor[] = found.filter(one => one.key === key).flatMap(({ entries }) => entries);
      await store.updateIndex(index => withoutNamed(index, losing));
    }
  }
  return { removed: found.map(({ name, named }) => ({ name, digest: named.digest })) };
}
