import { usage } from '../errors.ts';
import { refNameLimit } from '../limits.ts';
import { annotationKeys } from './annotations.ts';
import { type Annotations, type Descriptor, type ImageIndex, type Json, oddEntries } from './objects.ts';
import { oddOf } from './odd-entries.ts';
import { canonicalName, checkNewName, familiarName, isTag, type Reference, tryReference } from './reference.ts';

const { refName, containerdName, formerName } = annotationKeys;
const namingKeys: ReadonlySet<string> = new Set([refName, containerdName, formerName]);

const refNamePattern =
  /^[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*(?:\/[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*)*$/;

/** Whether text is a name by the grammar of `org.opencontainers.image.ref.name` (image-spec annotations.md). */
export const isRefName = (text: string): boolean => refNamePattern.test(text);

/** What an annotation says; one that is empty says nothing. */
export function annotation(descriptor: Descriptor, key: string): string | undefined {
  const annotations = descriptor.annotations;
  if (annotations === undefined || annotations === null || !Object.hasOwn(annotations, key)) return undefined;
  return annotations[key] === '' ? undefined : annotations[key];
}

/** A full reference: one that names its domain. Anything else is a plain name. */
export function fullReference(name: string): Reference | undefined {
  const first = name.slice(0, name.indexOf('/'));
  if (!name.includes('/') || !(first === 'localhost' || /[.:]/.test(first))) return undefined;
  return tryReference(name);
}

/** A name that may be given. Throws `usage` where image-spec and docker both have no place for it, and for one with a digest. */
export function checkName(name: string): string {
  if (name.includes('@'))
    throw usage(
      `name '${name.slice(0, 64)}'`,
      'expected a name, got one with a digest',
      'what follows the @ is no name',
    );
  const reference = fullReference(name);
  if (reference !== undefined) checkNewName(reference, name);
  else if (name === 'sha256') checkNewName({ domain: 'docker.io', path: 'library/sha256' }, name);
  if (name.length > refNameLimit || !(reference !== undefined || isRefName(name) || isTag(name))) {
    throw usage(
      `name '${name.slice(0, 64)}'`,
      'expected letters and digits joined by one of -._:@+/, got something else',
    );
  }
  return name;
}

/** The annotations that give an image this name: ref.name, and containerd's full name where it has one. What others have called so is kept: see `checkName` for new names. */
export function nameAnnotations(name: string): Annotations {
  const reference = fullReference(name);
  if (reference === undefined) return { [refName]: name };
  return { [refName]: reference.tag ?? 'latest', [containerdName]: canonicalName(reference) };
}

/** The name of an index entry as a user may write it, or undefined where it has none. */
export function nameOf(descriptor: Descriptor): string | undefined {
  return annotation(descriptor, containerdName) ?? annotation(descriptor, refName);
}

/** The form that a full name and its familiar ones share, or undefined where the text is no reference. */
export function canonicalOf(name: string): string | undefined {
  const reference = tryReference(name);
  return reference === undefined ? undefined : canonicalName(reference);
}

/** The full name of an entry in canonical form: containerd's, or a ref.name that is one. */
export function fullNameOf(entry: Descriptor): string | undefined {
  const full = annotation(entry, containerdName) ?? annotation(entry, refName);
  const isFull = annotation(entry, containerdName) !== undefined || full?.includes('/') === true;
  return full === undefined || !isFull ? undefined : canonicalOf(full);
}

/** The plain name of an entry: a ref.name that is not the tag of a full name. */
export function plainNameOf(entry: Descriptor): string | undefined {
  return annotation(entry, containerdName) === undefined ? annotation(entry, refName) : undefined;
}

/** All that an entry may be meant by: its full name in canonical form, or its plain one, and what that is as a full one. */
export function spellingsOf(entry: Descriptor): readonly string[] {
  const plain = plainNameOf(entry);
  const full = fullNameOf(entry) ?? (plain === undefined ? undefined : canonicalOf(plain));
  return [full, plain].filter(name => name !== undefined);
}

/** Only the annotations that name an entry, as fields of another. */
export function namesOnly(entry: Descriptor): Pick<Descriptor, 'annotations'> {
  const names = [refName, containerdName].flatMap(key => {
    const value = annotation(entry, key);
    return value === undefined ? [] : [[key, value] as const];
  });
  return names.length === 0 ? {} : { annotations: Object.fromEntries(names) };
}

/** An entry without the annotations that name it, or say what its name was. */
export function withoutNames(descriptor: Descriptor): Descriptor {
  const kept = Object.entries(descriptor.annotations ?? {}).filter(([key]) => !namingKeys.has(key));
  const { annotations: _, ...rest } = descriptor;
  return kept.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(kept) };
}

/** Whether an entry had a name once that ocikit gave to another image, or took away: nobody has listed it for its own sake. */
export const hasLostName = (entry: Descriptor): boolean =>
  nameOf(entry) === undefined && annotation(entry, formerName) !== undefined;

/** An entry without its name, which it says that it had. */
function afterName(entry: Descriptor): Descriptor {
  const bare = withoutNames(entry);
  const name = nameOf(entry);
  return name === undefined ? bare : { ...bare, annotations: { ...bare.annotations, [formerName]: name } };
}

/** Takes entries out of their names; each stays listed without one unless its digest is still listed. */
function unnamed(
  index: ImageIndex,
  entries: readonly Descriptor[],
  otherwise: readonly Descriptor[] = [],
): Descriptor[] {
  const rest = index.manifests.filter(entry => !entries.includes(entry));
  const digests = new Set([...rest, ...otherwise].map(entry => entry.digest));
  return index.manifests.flatMap(entry => {
    if (!entries.includes(entry)) return [entry];
    if (digests.has(entry.digest)) return [];
    digests.add(entry.digest);
    return [afterName(entry)];
  });
}

/** Whether an entry has the name that these annotations give: full names in any spelling, plain ones letter by letter. */
const sameName = (entry: Descriptor, annotations: Annotations): boolean => {
  const full = annotations[containerdName];
  return full === undefined ? plainNameOf(entry) === annotations[refName] : fullNameOf(entry) === full;
};

/** Whether something that may be no descriptor has a name. */
export function isNamed(value: Json, name: string): boolean {
  if (value === null || typeof value !== 'object') return false;
  const { annotations } = value as { annotations?: unknown };
  if (annotations === null || typeof annotations !== 'object') return false;
  const entry = { annotations } as Descriptor;
  return [annotation(entry, refName), annotation(entry, containerdName)].includes(name);
}

/** What is no descriptor and had the name stays without it. */
function withoutOddName(index: ImageIndex, name: string): ImageIndex {
  const odd = oddOf(index);
  if (!odd.some(({ value }) => isNamed(value, name))) return index;
  const bare = (value: Json): Json => withoutNames(value as unknown as Descriptor) as unknown as Json;
  return {
    ...index,
    [oddEntries]: odd.map(entry => (isNamed(entry.value, name) ? { ...entry, value: bare(entry.value) } : entry)),
  };
}

/**
 * The index with `descriptor` under `name`. Who had the name keeps its place without it, so that it stays reachable by
 * digest; an entry of the same image without a name takes it. Names of the descriptor's own are not carried along.
 */
export function withName(index: ImageIndex, name: string, descriptor: Descriptor): ImageIndex {
  const annotations = nameAnnotations(name);
  const bare = withoutNames(descriptor);
  const named = { ...bare, annotations: { ...bare.annotations, ...annotations } };
  const losing = index.manifests.filter(entry => sameName(entry, annotations));
  const kept = unnamed(index, losing, [named]).filter(
    entry => entry.digest !== descriptor.digest || nameOf(entry) !== undefined,
  );
  return { ...withoutOddName(index, name), manifests: [...kept, named] };
}

/**
 * The index in which these entries have lost their names; each is still listed, so that it stays reachable by digest. A name
 * that another image has by now is that image's, and stays.
 */
export function withoutNamed(index: ImageIndex, entries: readonly Descriptor[]): ImageIndex {
  const isLosing = (entry: Descriptor): boolean =>
    entries.some(named => named.digest === entry.digest && nameOf(named) === nameOf(entry));
  return { ...index, manifests: unnamed(index, index.manifests.filter(isLosing)) };
}

/** The index with `descriptor` listed without a name, unless it is listed already. */
export function withUnnamed(index: ImageIndex, descriptor: Descriptor): ImageIndex {
  if (index.manifests.some(entry => entry.digest === descriptor.digest && !hasLostName(entry))) return index;
  const others = index.manifests.filter(({ digest }) => digest !== descriptor.digest);
  return { ...index, manifests: [...others, withoutNames(descriptor)] };
}

/** The index with all of these listed as well, one after the other, each under its own name where it has one. */
export function withListed(index: ImageIndex, entries: readonly Descriptor[]): ImageIndex {
  return entries.reduce((changed, entry) => {
    const name = nameOf(entry);
    return name === undefined ? withUnnamed(changed, entry) : withName(changed, name, entry);
  }, index);
}

/** What docker's columns REPOSITORY and TAG say of an entry; a plain ref.name is a tag without a repository. */
export function displayName(descriptor: Descriptor): {
  readonly repository: string | null;
  readonly tag: string | null;
} {
  const name = nameOf(descriptor);
  if (name === undefined) return { repository: null, tag: null };
  const reference =
    name.includes('/') || annotation(descriptor, containerdName) !== undefined ? tryReference(name) : undefined;
  if (reference === undefined) return { repository: null, tag: name };
  return {
    repository: familiarName(reference),
    tag: reference.tag ?? (reference.digest === undefined ? 'latest' : null),
  };
}
