import { attestedDigest, isAttestation } from '../image/attestation.ts';
import { encodeDocument } from '../spec/document.ts';
import { nameOf, namesOnly, withoutNames } from '../spec/name.ts';
import type { Descriptor, Document, ImageIndex } from '../spec/objects.ts';
import { oddOf } from '../spec/odd-entries.ts';
import { platformKey } from '../spec/platform.ts';
import type { ImageSource } from './source.ts';

/** What an operand stands for in a place: one entry or a blob below it; or, where the place's index is itself the image, several entries. */
export interface Found {
  readonly descriptor: Descriptor;
  /** The entries of the place's index that it stands for; none for what lies below one. */
  readonly entries: readonly Descriptor[];
  /** The index that the entries are together, where no blob is that. */
  readonly made?: Document<ImageIndex>;
}

/** Whether entries are one image for several platforms: each says another platform, and none another name. */
function areOneImage(entries: readonly Descriptor[]): boolean {
  const platforms = entries.flatMap(({ platform }) => (platform == null ? [] : [platformKey(platform)]));
  const isComplete = platforms.length === entries.length && new Set(platforms).size === entries.length;
  return isComplete && entries.length > 1 && new Set(entries.map(nameOf)).size === 1;
}

/** These entries and the attestations about them, as the index of an image; the place's own bytes where it lists nothing else and names nothing. */
function indexOf(index: Document<ImageIndex>, entries: readonly Descriptor[]): Document<ImageIndex> {
  const digests = new Set<string>(entries.map(({ digest }) => digest));
  const isAbout = (entry: Descriptor): boolean => isAttestation(entry) && digests.has(attestedDigest(entry) ?? '');
  const listed = index.value.manifests.filter(entry => entries.includes(entry) || isAbout(entry));
  const isWhole = listed.length === index.value.manifests.length && oddOf(index.value).length === 0;
  if (isWhole && listed.every(entry => nameOf(entry) === undefined)) return index;
  const { mediaType } = index.descriptor;
  const { annotations, ...rest } = index.value;
  const value: ImageIndex = {
    schemaVersion: 2,
    mediaType,
    ...(rest.artifactType === undefined ? {} : { artifactType: rest.artifactType }),
    manifests: listed.map(withoutNames),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return encodeDocument(value, mediaType);
}

/**
 * Entries of an index.json that is itself a multi-platform index, as one image (go-containerregistry's layouts, jam, apko);
 * undefined where they are not. Its descriptor has the name that the entries share.
 */
export function listedIndex(index: Document<ImageIndex>, entries: readonly Descriptor[]): Found | undefined {
  const [first] = entries;
  if (first === undefined || !areOneImage(entries)) return undefined;
  const made = indexOf(index, entries);
  return { descriptor: { ...made.descriptor, ...namesOnly(first) }, entries, made };
}

/** The same place with one document more, as if it were a blob of it. */
export function withDocument(source: ImageSource, { bytes, descriptor: { digest } }: Document<unknown>): ImageSource {
  return {
    ...source,
    has: async descriptor => descriptor.digest === digest || source.has(descriptor),
    async *open(descriptor) {
      if (descriptor.digest === digest) yield bytes;
      else yield* source.open(descriptor);
    },
    read: async (descriptor, limit) => (descriptor.digest === digest ? bytes : source.read(descriptor, limit)),
    fileOf: descriptor => (descriptor.digest === digest ? undefined : source.fileOf(descriptor)),
  };
}

/** A place's entries as another place is to list them: those that share a name, and are one image together, as one index of that name. */
export function foldListed(
  source: ImageSource,
  index: Document<ImageIndex>,
): { readonly source: ImageSource; readonly entries: readonly Descriptor[] } {
  const groups = new Map<string, Descriptor[]>();
  for (const entry of index.value.manifests) {
    const name = nameOf(entry);
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  let folded = { source, entries: index.value.manifests };
  for (const group of groups.values()) {
    const { made, descriptor } = listedIndex(index, group) ?? {};
    const [first] = group;
    if (made === undefined || descriptor === undefined) continue;
    const inside = new Set<string>(made.value.manifests.map(({ digest }) => digest));
    const isInside = (entry: Descriptor): boolean =>
      group.includes(entry) || (nameOf(entry) === undefined && inside.has(entry.digest));
    const entries = folded.entries.flatMap(entry => (entry === first ? [descriptor] : isInside(entry) ? [] : [entry]));
    folded = { source: withDocument(folded.source, made), entries };
  }
  return folded;
}
