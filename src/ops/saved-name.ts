import { annotationKeys } from '../spec/annotations.ts';
import { nameAnnotations, nameOf, namesOnly, withoutNames } from '../spec/name.ts';
import type { Descriptor } from '../spec/objects.ts';
import { canonicalName, familiarName, parseReference, type Reference, tryReference } from '../spec/reference.ts';
import { baseNameOf, type ImagePlace } from '../store/image-place.ts';

/** The full name of an entry, as engines store it; one that is not the place's and the entry's together is `isOther`. */
function fullNameOf(entry: Descriptor, place: string): (Reference & { readonly isOther: boolean }) | undefined {
  const name = nameOf(entry);
  if (name === undefined) return undefined;
  const isFull = entry.annotations?.[annotationKeys.containerdName] !== undefined || name.includes('/');
  const directory = baseNameOf(place);
  const repository = directory.toLowerCase();
  const inPlace = isFull ? undefined : tryReference(`${repository}:${name}`);
  if (inPlace !== undefined) return { ...inPlace, isOther: repository !== directory };
  const alone = tryReference(name);
  return alone === undefined ? undefined : { ...alone, isOther: !isFull };
}

/** What becomes of an image's name: docker has no such name, the image has none, or it has another in the archive. */
interface NameLoss {
  readonly kind: 'unsayable' | 'unnamed' | 'other';
  /** The image as its user calls it. */
  readonly label: string;
}

/** An entry as an archive lists it. */
export interface SavedEntry {
  readonly entry: Descriptor;
  /** Canonical, or undefined where engines have no way to call it. */
  readonly name: string | undefined;
  readonly loss?: NameLoss;
}

/**
 * The names that an image goes by in an archive. A plain name is a tag for engines, which want a repository as well: that is
 * the layout's own directory, so `img:figlet` is loaded as `img:figlet`. The entry keeps its tag and gets the full name beside it.
 */
export function savedEntry(entry: Descriptor, place: string): SavedEntry {
  const own = nameOf(entry);
  if (own === undefined)
    return { entry, name: undefined, loss: { kind: 'unnamed', label: `${place}@${entry.digest.slice(0, 19)}` } };
  const label = `${place}:${own}`;
  const reference = fullNameOf(entry, place);
  if (reference === undefined || reference.digest !== undefined)
    return { entry, name: undefined, loss: { kind: 'unsayable', label } };
  const name = canonicalName(reference);
  const bare = withoutNames(entry);
  return {
    entry: { ...bare, annotations: { ...bare.annotations, ...nameAnnotations(name) } },
    name,
    ...(reference.isOther ? { loss: { kind: 'other', label } } : {}),
  };
}

/** What goes into an archive: the result, as it came of what an operand names. */
export interface Archived {
  readonly entry: Descriptor;
  readonly named: Descriptor;
  readonly place: ImagePlace;
}

/** An entry under the name that it is asked to have, or the own one of what it came of; none where that was asked for by its digest. */
function namedEntry({ entry, named, place }: Archived, asked: string | undefined): Descriptor {
  const bare = withoutNames(entry);
  const names =
    asked === undefined ? (place.digest === undefined ? namesOnly(named).annotations : {}) : nameAnnotations(asked);
  return names === undefined || Object.keys(names).length === 0
    ? bare
    : { ...bare, annotations: { ...bare.annotations, ...names } };
}

/**
 * How an archive of that kind lists an image: under the name that was `asked` for, as it was asked for, else as `save` would.
 * An oci-archive takes any name as it is, and `latest` for one without. Throws `invalid` for a name asked of a
 * docker-archive that docker cannot say.
 */
export function archivedEntry(
  kind: 'oci-archive' | 'docker-archive' | 'universal',
  archived: Archived,
  asked: string | undefined,
): SavedEntry {
  const entry = namedEntry(archived, asked);
  if (kind === 'oci-archive')
    return { entry: nameOf(entry) === undefined ? namedEntry(archived, 'latest') : entry, name: undefined };
  if (kind === 'universal' || asked === undefined) return savedEntry(entry, archived.place.path);
  const name = canonicalName(parseReference(asked));
  return { entry: namedEntry(archived, name), name };
}

/** A sentence for each name that an archive cannot hold, or holds in another form. */
export function lostNames(roots: readonly SavedEntry[], format: 'universal' | 'oci' | 'docker'): readonly string[] {
  const without =
    format === 'docker' ? 'it is saved without one' : 'it is only in the OCI part, docker loads the image without one';
  const sentence = ({ loss, name }: SavedEntry): string | undefined => {
    if (loss === undefined) return undefined;
    const { kind, label } = loss;
    const reference = name === undefined ? undefined : tryReference(name);
    if (reference !== undefined)
      return `${label}: docker has no such name: it is saved as ${familiarName(reference)}:${reference.tag ?? 'latest'}`;
    if (format === 'oci') return undefined;
    return kind === 'unsayable'
      ? `${label}: docker has no such name: ${without}`
      : `${label}: it has no name: docker loads it without one`;
  };
  return roots.map(sentence).filter(text => text !== undefined);
}
