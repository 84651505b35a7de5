import { mediaTypes } from '../spec/media-type.ts';
import type { Annotations, Descriptor, ImageIndex, Platform } from '../spec/objects.ts';
import { normalizePlatform, platformKey } from '../spec/platform.ts';
import { attestedDigest, isAttestation } from './attestation.ts';

/** One entry for each digest, in the place of the first; the later one says the platform, and annotations come together. */
function united(entries: readonly Descriptor[]): readonly Descriptor[] {
  const known = new Map<string, Descriptor>();
  for (const entry of entries) {
    const { annotations, ...before } = known.get(entry.digest) ?? entry;
    const all = { ...annotations, ...entry.annotations };
    known.set(entry.digest, { ...before, ...entry, ...(Object.keys(all).length === 0 ? {} : { annotations: all }) });
  }
  return [...known.values()];
}

const isImage = (entry: Descriptor): boolean => entry.platform != null && !isAttestation(entry);

/** Whether two entries are for one platform, in whatever spelling. */
export const areAlike = (one: Descriptor, other: Descriptor): boolean =>
  isImage(one) && isImage(other) && platformKey(one.platform as Platform) === platformKey(other.platform as Platform);

/** Whether an entry is for what is wanted, which may leave out the system's version. */
function isFor(wanted: Platform, { platform }: Descriptor): boolean {
  if (platform == null) return false;
  const { 'os.version': version, 'os.features': _features, ...have } = normalizePlatform(platform);
  const said = wanted['os.version'] === undefined ? have : { ...have, ...(version ? { 'os.version': version } : {}) };
  return platformKey(wanted) === platformKey(said) || platformKey(wanted) === platformKey(platform);
}

/** The entries without some, and without the attestations about them. */
export const without = (entries: readonly Descriptor[], gone: ReadonlySet<string>): readonly Descriptor[] =>
  entries.filter(entry => !gone.has(entry.digest) && !gone.has(attestedDigest(entry) ?? ''));

/**
 * Entries with others added: one for the same platform takes the place of the one that is there, whose attestations go; what is
 * new comes last. Attestations come after what is there already.
 */
export function withEntries(entries: readonly Descriptor[], added: readonly Descriptor[]): readonly Descriptor[] {
  let result = entries;
  for (const entry of added) {
    const old = result.find(one => areAlike(one, entry));
    if (old === undefined || old.digest === entry.digest) result = united([...result, entry]);
    else
      result = united(
        without(
          result.map(one => (one === old ? entry : one)),
          new Set([old.digest]),
        ),
      );
  }
  return result;
}

/** The digests of entries that are meant by these digests or platforms, and the words that name nothing. */
export function entriesMeant(
  entries: readonly Descriptor[],
  { digests, platforms }: { readonly digests: readonly string[]; readonly platforms: readonly Platform[] },
): { readonly meant: ReadonlySet<string>; readonly unknown: readonly (string | Platform)[] } {
  const matches = (platform: Platform): readonly Descriptor[] =>
    entries.filter(entry => isImage(entry) && isFor(platform, entry));
  const meant = new Set([...digests, ...platforms.flatMap(matches).map(({ digest }) => digest)]);
  const unknown = [
    ...digests.filter(digest => !entries.some(entry => entry.digest === digest)),
    ...platforms.filter(platform => matches(platform).length === 0),
  ];
  return { meant, unknown };
}

/** The entries for some platforms with the attestations about them, and those that say no platform. */
export function forPlatforms(entries: readonly Descriptor[], platforms: readonly Platform[]): readonly Descriptor[] {
  const isWanted = (entry: Descriptor): boolean =>
    entry.platform == null || platforms.some(wanted => isFor(wanted, entry));
  const kept = new Set<string>(
    entries.filter(entry => !isAttestation(entry) && isWanted(entry)).map(({ digest }) => digest),
  );
  return entries.filter(entry =>
    isAttestation(entry) ? kept.has(attestedDigest(entry) ?? '') : kept.has(entry.digest),
  );
}

/** Entries that say this as well. */
export const annotatedEntries = (entries: readonly Descriptor[], annotations: Annotations): readonly Descriptor[] =>
  Object.keys(annotations).length === 0
    ? entries
    : entries.map(entry => ({ ...entry, annotations: { ...entry.annotations, ...annotations } }));

/** What an index says of itself. */
export interface IndexWords {
  readonly annotations?: Annotations | undefined;
  readonly artifactType?: string | undefined;
  readonly subject?: Descriptor | undefined;
}

const dockerTypes: readonly string[] = [mediaTypes.dockerManifest, mediaTypes.dockerIndex];

/** A new index; docker's list where all that it lists is docker's and nothing is said that such a list has no place for. */
export function newIndex(entries: readonly Descriptor[], words: IndexWords): ImageIndex {
  const { annotations, artifactType, subject } = words;
  const isPlain = annotations === undefined && artifactType === undefined && subject === undefined;
  const isDocker = isPlain && entries.every(({ mediaType }) => dockerTypes.includes(mediaType));
  return withWords(
    { schemaVersion: 2, mediaType: isDocker ? mediaTypes.dockerIndex : mediaTypes.index, manifests: united(entries) },
    words,
  );
}

/** An index that says this of itself as well. */
export function withWords(index: ImageIndex, { annotations, artifactType, subject }: IndexWords): ImageIndex {
  return {
    ...index,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(subject === undefined ? {} : { subject }),
    ...(annotations === undefined ? {} : { annotations: { ...index.annotations, ...annotations } }),
  };
}
