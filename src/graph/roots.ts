import { aboutDigest, fallbackDigest } from '../image/about.ts';
import { isAttestation } from '../image/attestation.ts';
import { hasLostName, nameOf } from '../spec/name.ts';
import type { Descriptor, Document, ImageIndex } from '../spec/objects.ts';
import { listedIndex } from './listed-index.ts';
import { type DocumentOf, reach, subjectIn } from './reach.ts';

interface RootOptions {
  /** Entries without a name are no roots, unless they are about something that is kept. */
  readonly untagged?: boolean | undefined;
  /** Entries about something that is not there are no roots. */
  readonly danglingReferrers?: boolean | undefined;
  /** Entries that are kept whatever they are: those that have just come. */
  readonly isNew: (digest: string) => boolean;
  readonly isHere: (digest: string) => boolean;
}

/** The entries of an index, sorted by what a collector makes of them. */
export interface Roots {
  readonly kept: readonly Descriptor[];
  readonly dropped: readonly Descriptor[];
  /** Of those that are kept: without a name and about nothing, and about what is not there. */
  readonly untagged: readonly Descriptor[];
  readonly dangling: readonly Descriptor[];
}

interface Entry {
  readonly descriptor: Descriptor;
  /** What it is about, where it is there for that alone. */
  readonly about: string | undefined;
  readonly isUntagged: boolean;
  /** Whether it is what a name that moved, or was taken away, has left. */
  readonly isLeft: boolean;
}

/** What entries are: an image with a name, or several that are one image together, is there for its own sake. */
async function sorted(index: Document<ImageIndex>, documentOf: DocumentOf): Promise<readonly Entry[]> {
  const { manifests } = index.value;
  const together = listedIndex(
    index,
    manifests.filter(entry => !isAttestation(entry)),
  );
  // A layout that names nothing tells its images by their digests.
  const hasNames = manifests.some(entry => nameOf(entry) !== undefined);
  const entries: Entry[] = [];
  for (const descriptor of manifests) {
    const isNamed = nameOf(descriptor) !== undefined && fallbackDigest(descriptor) === undefined;
    const document = isNamed ? undefined : await documentOf(descriptor.digest);
    const subject = document === undefined ? undefined : subjectIn(document);
    const about = isNamed ? undefined : (fallbackDigest(descriptor) ?? subject ?? aboutDigest(descriptor));
    const isPart = together?.entries.includes(descriptor) === true;
    const isUntagged = hasNames && !isNamed && about === undefined && !isPart;
    entries.push({ descriptor, about, isUntagged, isLeft: about === undefined && hasLostName(descriptor) });
  }
  return entries;
}

/** These entries, those that are about what they lead to, and so on. */
async function withAbout(
  first: readonly Entry[],
  entries: readonly Entry[],
  documentOf: DocumentOf,
): Promise<ReadonlySet<Entry>> {
  const all = new Set(first);
  const met = await reach(
    first.map(({ descriptor }) => descriptor),
    documentOf,
  );
  for (let found = true; found; ) {
    const more = entries.filter(entry => !all.has(entry) && entry.about !== undefined && met.has(entry.about));
    for (const entry of more) all.add(entry);
    await reach(
      more.map(({ descriptor }) => descriptor),
      documentOf,
      met,
    );
    found = more.length > 0;
  }
  return all;
}

/** Without what names have left and what is about that alone; or, where it is asked for, without all that has no name and is about nothing that stays. */
async function wantedOf(
  entries: readonly Entry[],
  documentOf: DocumentOf,
  { untagged, isNew }: RootOptions,
): Promise<readonly Entry[]> {
  const isYoung = ({ descriptor }: Entry): boolean => isNew(descriptor.digest);
  const left = entries.filter(entry => entry.isLeft && !isYoung(entry));
  if (left.length === 0 && untagged !== true) return entries;
  const gone = await withAbout(left, entries, documentOf);
  const first = entries.filter(
    entry =>
      isYoung(entry) ||
      (untagged === true ? entry.about === undefined && !entry.isUntagged && !entry.isLeft : !gone.has(entry)),
  );
  const kept = await withAbout(first, entries, documentOf);
  return entries.filter(entry => kept.has(entry));
}

/** Which entries of a place's index are roots: all but those that a name has left behind, unless it is asked for fewer. */
export async function rootsOf(
  index: Document<ImageIndex>,
  documentOf: DocumentOf,
  options: RootOptions,
): Promise<Roots> {
  const { danglingReferrers, isNew, isHere } = options;
  const entries = await sorted(index, documentOf);
  const isDangling = ({ about }: Entry): boolean => about !== undefined && !isHere(about);
  const wanted = await wantedOf(entries, documentOf, options);
  const kept = wanted.filter(
    entry => danglingReferrers !== true || !isDangling(entry) || isNew(entry.descriptor.digest),
  );
  const descriptors = (some: readonly Entry[]): readonly Descriptor[] => some.map(({ descriptor }) => descriptor);
  return {
    kept: descriptors(kept),
    dropped: descriptors(entries.filter(entry => !kept.includes(entry))),
    untagged: descriptors(kept.filter(({ isUntagged }) => isUntagged)),
    dangling: descriptors(kept.filter(isDangling)),
  };
}
