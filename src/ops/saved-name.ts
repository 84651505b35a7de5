import { annotationKeys } from '../spec/annotations.ts';
import { nameAnnotations, nameOf, withoutNames } from '../spec/name.ts';
import type { Descriptor } from '../spec/objects.ts';
import { canonicalName, type Reference, tryReference } from '../spec/reference.ts';
import { baseNameOf } from '../store/image-place.ts';

/** The full name of an entry, as engines store it. */
function fullNameOf(entry: Descriptor, place: string): Reference | undefined {
  const name = nameOf(entry);
  if (name === undefined) return undefined;
  const isFull = entry.annotations?.[annotationKeys.containerdName] !== undefined || name.includes('/');
  const repository = baseNameOf(place).toLowerCase();
  const inPlace = isFull ? undefined : tryReference(`${repository}:${name}`);
  return inPlace ?? tryReference(name);
}

/** An entry as an archive lists it. */
export interface SavedEntry {
  readonly entry: Descriptor;
  /** Canonical, or undefined where engines have no way to call it. */
  readonly name: string | undefined;
  /** The name that it has and that they have no way to say. */
  readonly lost?: string;
}

/**
 * The names that an image goes by in an archive. A plain name is a tag for engines, which want a repository as well: that is
 * the layout's own directory, so `img:figlet` is loaded as `img:figlet`. The entry keeps its tag and gets the full name beside it.
 */
export function savedEntry(entry: Descriptor, place: string): SavedEntry {
  const reference = fullNameOf(entry, place);
  if (reference === undefined || reference.digest !== undefined) {
    const lost = nameOf(entry);
    return { entry, name: undefined, ...(lost === undefined ? {} : { lost: `${place}:${lost}` }) };
  }
  const name = canonicalName(reference);
  const bare = withoutNames(entry);
  return { entry: { ...bare, annotations: { ...bare.annotations, ...nameAnnotations(name) } }, name };
}
