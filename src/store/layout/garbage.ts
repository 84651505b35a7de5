import type { OciError } from '../../errors.ts';
import { type DocumentOf, type Reference, reach, reachReferrers, referencesIn, subjectIn } from '../../graph/reach.ts';
import { type Roots, rootsOf } from '../../graph/roots.ts';
import type { Document, ImageIndex, Json } from '../../spec/objects.ts';
import { withOddEntries } from '../../spec/odd-entries.ts';
import { fileCost, Pace, type Work } from '../../stream/pace.ts';
import { type BlobFile, blobIn, type HeldBlob, listBlobs, type StandingFile } from './blob-files.ts';
import { dockerListed } from './docker-list.ts';
import { leftovers } from './leftovers.ts';
import { unknownNeed } from './unknown-need.ts';

export interface GarbageOptions extends Pick<Work, 'signal'> {
  /** Milliseconds since 1970: what has been written since is young, and stays. */
  readonly youngSince: number;
  readonly now: number;
  readonly untagged?: boolean | undefined;
  readonly danglingReferrers?: boolean | undefined;
  readonly ignoreManifestJson?: boolean | undefined;
}

/** A blob that nothing names, and the media type that it once had, where something still says. */
interface GarbageBlob extends BlobFile {
  readonly mediaType: string | null;
}

export interface Garbage {
  readonly blobs: readonly GarbageBlob[];
  /** What tools have left unfinished. */
  readonly files: readonly StandingFile[];
  readonly roots: Roots;
  /** Blobs that nothing names but what is young, or that are young themselves. */
  readonly young: readonly BlobFile[];
  /** How many blobs only docker's `manifest.json` names. */
  readonly dockers: number;
  /** Why nothing but what dead writers left may go: what something that is listed needs is not known. */
  readonly unknown?: OciError;
}

const bare = (digest: string): Reference => ({ digest, mediaType: '' });

/** What each blob is, looked at once. */
function blobsOf(layout: string, pace: Pace): (digest: string) => Promise<HeldBlob> {
  const known = new Map<string, HeldBlob>();
  return async digest => {
    const held = known.get(digest);
    if (held !== undefined) return held;
    await pace.spend(fileCost);
    const found = blobIn(layout, digest);
    known.set(digest, found);
    return found;
  };
}

/** The documents among blobs that nothing names: what they are about, and what they say of others and of themselves. */
async function lost(
  blobs: readonly BlobFile[],
  documentOf: DocumentOf,
): Promise<{ readonly subjects: ReadonlyMap<string, string>; readonly types: ReadonlyMap<string, string> }> {
  const subjects = new Map<string, string>();
  const types = new Map<string, string>();
  for (const { digest } of blobs) {
    const document = await documentOf(digest);
    if (document === undefined) continue;
    const subject = subjectIn(document);
    if (subject !== undefined) subjects.set(digest, subject);
    const { mediaType } = document as { readonly mediaType?: Json };
    if (typeof mediaType === 'string') types.set(digest, mediaType);
    for (const named of referencesIn(document))
      if (named.mediaType !== '') types.set(named.digest, types.get(named.digest) ?? named.mediaType);
  }
  return { subjects, types };
}

/**
 * What nothing in a layout needs: the blobs that its index leads to in no way, over documents of any type, subjects and what
 * refers to what is kept; and what dead writers have left. What is young stays with all that it names: a writer brings blobs
 * first and the index that names them last. Nothing else goes where it is not known what something needs (`unknown`). Throws `conflict` where the layout's blobs may be another's as well.
 */
export async function findGarbage(
  layout: string,
  index: Document<ImageIndex>,
  options: GarbageOptions,
): Promise<Garbage> {
  const { youngSince, now } = options;
  const pace = new Pace(options.signal);
  const all = await listBlobs(layout, pace);
  const blobOf = blobsOf(layout, pace);
  const documentOf: DocumentOf = async digest => (await blobOf(digest)).document;
  const here = new Map<string, BlobFile>(all.map(blob => [blob.digest, blob]));
  const isNew = (digest: string): boolean => (here.get(digest)?.mtime ?? 0) > youngSince;
  const roots = await rootsOf(index, documentOf, { ...options, isNew, isHere: digest => here.has(digest) });
  const left = leftovers(layout, now);
  const files = [...left.dead, ...left.others.filter(({ mtime }) => mtime <= youngSince)];
  const unknown = await unknownNeed(layout, { index: index.value, roots }, blobOf);
  if (unknown !== undefined)
    return { blobs: [], files, roots: { ...roots, dropped: [] }, young: [], dockers: 0, unknown };
  const met = await reach(referencesIn(withOddEntries({ ...index.value, manifests: roots.kept }) as Json), documentOf);
  const { subjects, types } = await lost(
    all.filter(({ digest }) => !met.has(digest)),
    documentOf,
  );
  await reachReferrers(subjects, documentOf, met);
  const without = all.filter(({ digest }) => !met.has(digest));
  const listed = options.ignoreManifestJson === true ? [] : dockerListed(layout);
  await reach(listed.map(bare), documentOf, met);
  const dockers = without.filter(({ digest }) => met.has(digest)).length;
  const unnamed = without.filter(({ digest }) => !met.has(digest));
  await reach(
    unnamed.filter(({ mtime }) => mtime > youngSince).map(({ digest }) => bare(digest)),
    documentOf,
    met,
  );
  return {
    blobs: unnamed
      .filter(({ digest }) => !met.has(digest))
      .map(blob => ({ ...blob, mediaType: types.get(blob.digest) ?? null })),
    files,
    roots,
    young: unnamed.filter(({ digest }) => met.has(digest)),
    dockers,
  };
}
