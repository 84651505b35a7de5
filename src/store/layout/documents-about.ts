import { subjectIn } from '../../graph/reach.ts';
import type { Referrer } from '../../graph/referrers.ts';
import { mediaTypes } from '../../spec/media-type.ts';
import type { Json } from '../../spec/objects.ts';
import { fileCost, Pace, type Work } from '../../stream/pace.ts';
import { blobIn, listBlobs } from './blob-files.ts';

function mediaTypeOf(document: Json): string {
  const { mediaType } = document as { readonly mediaType?: Json };
  return typeof mediaType === 'string' ? mediaType : mediaTypes.manifest;
}

/** Every document among the blobs of a layout whose `subject` names another, whether or not an entry leads to it: some tools leave blobs alone (cosign's bundles). */
export async function documentsAbout(layout: string, { signal }: Pick<Work, 'signal'>): Promise<readonly Referrer[]> {
  const pace = new Pace(signal);
  const found: Referrer[] = [];
  for (const { digest, size } of await listBlobs(layout, pace)) {
    await pace.spend(fileCost);
    const { document } = blobIn(layout, digest);
    const subject = document === undefined ? undefined : subjectIn(document);
    if (document === undefined || subject === undefined) continue;
    const descriptor = { mediaType: mediaTypeOf(document), digest, size };
    found.push({ descriptor, subject, via: ['scan'], isListed: false });
  }
  return found;
}
