import { OciError } from '../../errors.ts';
import { documentAt, objectIn, type Reference, referencesIn } from '../../graph/reach.ts';
import type { Roots } from '../../graph/roots.ts';
import { decodeBase64 } from '../../spec/base64.ts';
import { digestOf, parseDigest } from '../../spec/digest.ts';
import { namesBlobs } from '../../spec/media-type.ts';
import { nameOf } from '../../spec/name.ts';
import type { ImageIndex, Json, OddEntry } from '../../spec/objects.ts';
import { oddOf } from '../../spec/odd-entries.ts';
import type { HeldBlob } from './blob-files.ts';

type BlobOf = (digest: string) => Promise<HeldBlob>;

/** An entry that is an object, and does not say by a digest what it stands for. */
function isWithoutDigest({ value }: OddEntry): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    parseDigest((value as { readonly digest?: unknown }).digest, 'digest');
    return false;
  } catch (error) {
    return error instanceof OciError && error.code === 'invalid';
  }
}

/** Whether a reference carries the very document that it names. */
function isCarried({ digest, data }: Reference): boolean {
  const bytes = data === undefined ? undefined : decodeBase64(data);
  if (bytes === undefined || objectIn(bytes) === undefined) return false;
  return digest === digestOf(bytes, digest.startsWith('sha512:') ? 'sha512' : 'sha256');
}

/**
 * The first manifest or index below an entry, itself included, of which nobody can say what it needs. What an index lists need
 * not be there, as archives of one platform leave the others out; an entry has to be.
 */
async function unknownBelow(
  entry: Reference,
  blobOf: BlobOf,
  seen: Set<string>,
): Promise<(Reference & { readonly isHere: boolean }) | undefined> {
  const waiting = [entry];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { isHere, isWhole, document } = await blobOf(next.digest);
    const isDocument = namesBlobs(next.mediaType) || (next === entry && next.mediaType === '');
    const isKnown = isWhole || (document === undefined && isCarried(next)) || !(isHere || next === entry);
    if (isDocument && !isKnown) return { ...next, isHere };
    if (seen.has(next.digest)) continue;
    seen.add(next.digest);
    const read = await documentAt(next, async () => document);
    if (read !== undefined) for (const one of referencesIn(read)) waiting.push(one);
  }
  return undefined;
}

const shown = (name: string | undefined): string => (name === undefined ? 'an entry' : `'${name.slice(0, 128)}'`);

/**
 * Why it cannot be told what the index of a layout needs: an entry that has no digest, or a manifest or index that is damaged, or
 * listed by the index itself and not there. Undefined where all is known. Types that ocikit does not know need nothing.
 */
export async function unknownNeed(
  layout: string,
  { index, roots }: { readonly index: ImageIndex; readonly roots: Roots },
  blobOf: BlobOf,
): Promise<OciError | undefined> {
  const bare = oddOf(index).find(isWithoutDigest);
  if (bare !== undefined)
    return new OciError(
      'invalid',
      layout,
      `nothing was collected, as an entry does not say what it needs: ${bare.fault.message}`,
      {
        hint: 'take it out of index.json, or mend it',
      },
    );
  const odd = oddOf(index).map(({ value }) => ({ value, name: undefined, giveUp: 'taking it out of index.json' }));
  const good = roots.kept.map(entry => {
    const name = nameOf(entry);
    const otherwise = roots.untagged.includes(entry) ? 'option untagged' : 'taking its entry out of index.json';
    return { value: entry as unknown as Json, name, giveUp: name === undefined ? otherwise : 'untag' };
  });
  const seen = new Set<string>();
  for (const { value, name, giveUp } of [...good, ...odd])
    for (const entry of referencesIn({ manifests: [value] })) {
      const found = await unknownBelow(entry, blobOf, seen);
      if (found === undefined) continue;
      const got = found.isHere ? 'a damaged one' : 'nothing';
      return new OciError(
        found.isHere ? 'invalid' : 'not-found',
        `${layout}: blob ${found.digest}`,
        `expected the manifest or index that says what ${shown(name)} needs, got ${got}: nothing was collected`,
        { hint: `${giveUp} gives it up; the blob put back in its place mends it` },
      );
    }
  return undefined;
}
