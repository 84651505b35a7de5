import { notFound, OciError, usage } from '../errors.ts';
import { annotationKeys } from './annotations.ts';
import type { Annotations, Descriptor, ImageIndex } from './objects.ts';
import { canonicalName, checkNewName, familiarName, type Reference, tryReference } from './reference.ts';

const { refName, containerdName } = annotationKeys;

/** image-spec annotations.md, `org.opencontainers.image.ref.name`; docker's tags are allowed as well. */
const refNamePattern =
  /^[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*(?:\/[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const maxName = 1024;
const listed = 10;

function annotation(descriptor: Descriptor, key: string): string | undefined {
  const annotations = descriptor.annotations;
  return annotations !== undefined && annotations !== null && Object.hasOwn(annotations, key)
    ? annotations[key]
    : undefined;
}

/** A full reference: one that names its domain. Anything else is a plain name. */
function fullReference(name: string): Reference | undefined {
  const first = name.slice(0, name.indexOf('/'));
  if (!name.includes('/') || !(first === 'localhost' || /[.:]/.test(first))) return undefined;
  return tryReference(name);
}

/** A name that may be written. Throws `usage` where image-spec and docker both have no place for it. */
export function checkName(name: string): string {
  const reference = fullReference(name);
  if (reference !== undefined) checkNewName(reference, name);
  else if (name === 'sha256') checkNewName({ domain: 'docker.io', path: 'library/sha256' }, name);
  if (name.length > maxName || !(reference !== undefined || refNamePattern.test(name) || tagPattern.test(name))) {
    throw usage(
      `name '${name.slice(0, 64)}'`,
      'expected letters and digits joined by one of -._:@+/, got something else',
    );
  }
  return name;
}

/** The annotations that give an image this name: ref.name, and containerd's full name where it has one. */
export function nameAnnotations(name: string): Annotations {
  const reference = fullReference(checkName(name));
  if (reference === undefined) return { [refName]: name };
  return { [refName]: reference.tag ?? 'latest', [containerdName]: canonicalName(reference) };
}

/** The name of an index entry as a user may write it, or undefined where it has none. */
export function nameOf(descriptor: Descriptor): string | undefined {
  return annotation(descriptor, containerdName) ?? annotation(descriptor, refName);
}

/** Canonical forms of a name that a full or familiar name may stand for. */
function canonicalOf(name: string | undefined): string | undefined {
  const reference = name === undefined ? undefined : tryReference(name);
  return reference === undefined ? undefined : canonicalName(reference);
}

function matches(index: ImageIndex, name: string): Descriptor[] {
  const exact = index.manifests.filter(entry => annotation(entry, refName) === name);
  if (exact.length > 0) return exact;
  const wanted = canonicalOf(name);
  if (wanted === undefined) return [];
  return index.manifests.filter(entry => {
    const full = annotation(entry, refName);
    return (
      canonicalOf(annotation(entry, containerdName)) === wanted ||
      (full?.includes('/') === true && canonicalOf(full) === wanted)
    );
  });
}

/** The names of an index in a sentence. */
export function listNames(index: ImageIndex): string {
  const names = index.manifests.map(nameOf).filter(name => name !== undefined);
  if (names.length === 0) return 'no image here has a name';
  return `there are ${names.slice(0, listed).join(', ')}${names.length > listed ? ` and ${names.length - listed} more` : ''}`;
}

/**
 * The entry of that name: exactly as ref.name, else as the canonical or familiar form of a full name.
 * Throws `not-found` with the names there are, and `conflict` where several images have it.
 */
export function findByName(index: ImageIndex, name: string, subject: string): Descriptor {
  const found = matches(index, name);
  const [first] = found;
  if (first === undefined) throw notFound(`${subject}:${name}`, 'an image of that name', listNames(index));
  if (new Set(found.map(entry => entry.digest)).size > 1) {
    const choices = found.map(entry => `${nameOf(entry)} (${entry.digest})`).join(', ');
    throw new OciError(
      'conflict',
      `${subject}:${name}`,
      `expected one image, got more than one, which is ambiguous: ${choices}`,
    );
  }
  return first;
}

function withoutNames(descriptor: Descriptor): Descriptor {
  const kept = Object.entries(descriptor.annotations ?? {}).filter(
    ([key]) => key !== refName && key !== containerdName,
  );
  const { annotations: _, ...rest } = descriptor;
  return kept.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(kept) };
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
    return [withoutNames(entry)];
  });
}

const sameName = (entry: Descriptor, annotations: Annotations): boolean =>
  annotations[containerdName] === undefined
    ? annotation(entry, refName) === annotations[refName] && annotation(entry, containerdName) === undefined
    : canonicalOf(nameOf(entry)) === annotations[containerdName] && nameOf(entry)?.includes('/') === true;

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
  return { ...index, manifests: [...kept, named] };
}

/** The index without that name. The image stays listed, so that it stays reachable by digest. */
export function withoutName(index: ImageIndex, name: string, subject = 'index.json'): ImageIndex {
  const found = findByName(index, name, subject);
  const losing = index.manifests.filter(entry => entry.digest === found.digest && nameOf(entry) === nameOf(found));
  return { ...index, manifests: unnamed(index, losing) };
}

/** The index with `descriptor` listed without a name, unless it is listed already. */
export function withUnnamed(index: ImageIndex, descriptor: Descriptor): ImageIndex {
  if (index.manifests.some(entry => entry.digest === descriptor.digest)) return index;
  return { ...index, manifests: [...index.manifests, withoutNames(descriptor)] };
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
  return { repository: familiarName(reference), tag: reference.tag ?? 'latest' };
}
