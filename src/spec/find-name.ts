import { listWords, notFound, OciError } from '../errors.ts';
import { annotationKeys } from './annotations.ts';
import { annotation, canonicalOf, fullNameOf, fullReference, isNamed, nameOf, plainNameOf } from './name.ts';
import type { Descriptor, ImageIndex } from './objects.ts';
import { oddOf } from './odd-entries.ts';

const { refName } = annotationKeys;
const listed = 10;
const maxShown = 128;

/** Who has the name itself, else who has it as the tag of a full name, else who has it in canonical or familiar form. */
function matches(index: ImageIndex, name: string): readonly Descriptor[] {
  const plain = index.manifests.filter(entry => plainNameOf(entry) === name);
  if (plain.length > 0) return plain;
  const tagged =
    fullReference(name) === undefined ? index.manifests.filter(entry => annotation(entry, refName) === name) : [];
  if (tagged.length > 0) return tagged;
  const wanted = canonicalOf(name);
  return wanted === undefined ? [] : index.manifests.filter(entry => fullNameOf(entry) === wanted);
}

const shownName = (entry: Descriptor): string | undefined => nameOf(entry)?.slice(0, maxShown);

/** The names of an index in a sentence. */
export function listNames(index: ImageIndex): string {
  const names = index.manifests.map(shownName).filter(name => name !== undefined);
  if (names.length === 0) return 'no image here has a name';
  return `there are ${listWords(names, listed)}`;
}

/** All entries of that name: exactly as ref.name, else as the canonical or familiar form of a full name. Throws `not-found` with the names there are. */
export function findAllByName(
  index: ImageIndex,
  name: string,
  subject: string,
): readonly [Descriptor, ...Descriptor[]] {
  const [first, ...others] = matches(index, name);
  if (first !== undefined) return [first, ...others];
  // What is no descriptor is refused when it is asked for.
  const odd = oddOf(index).find(({ value }) => isNamed(value, name));
  throw odd?.fault ?? notFound(`${subject}:${name}`, 'an image of that name', listNames(index));
}

/** The entry of that name. Throws as `findAllByName`, and `conflict` where several images have it. */
export function findByName(index: ImageIndex, name: string, subject: string): Descriptor {
  const found = findAllByName(index, name, subject);
  const [first] = found;
  if (new Set(found.map(entry => entry.digest)).size > 1) {
    const choices = found
      .slice(0, listed)
      .map(entry => `${shownName(entry)} (${entry.digest})`)
      .join(', ');
    throw new OciError(
      'conflict',
      `${subject}:${name}`,
      `expected one image, got more than one, which is ambiguous: ${choices}`,
    );
  }
  return first;
}
