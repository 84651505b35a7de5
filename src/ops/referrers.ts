import { OciError } from '../errors.ts';
import { readIndex, readManifest } from '../graph/image-reader.ts';
import { findReferrers, type Referrer } from '../graph/referrers.ts';
import type { ImageSource } from '../graph/source.ts';
import type { Digest } from '../spec/digest.ts';
import { isIndexType } from '../spec/media-type.ts';
import type { Annotations } from '../spec/objects.ts';
import { OpenPlaces, openNamed, pickNamed } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import type { ReferrersOptions } from './attach-options.ts';
import type { ReferrerRow, ReferrersResult } from './attach-results.ts';
import { checkCall } from './check-call.ts';

/** What a document says that it is: its `artifactType`, else its config's media type (image-spec manifest.md); as far as it is there. */
async function described(
  source: ImageSource,
  { descriptor }: Referrer,
): Promise<{ readonly artifactType: string | null; readonly annotations: Annotations }> {
  const { mediaType, artifactType = null, annotations = {} } = descriptor;
  try {
    if (!(await source.has(descriptor))) return { artifactType, annotations };
    if (isIndexType(mediaType)) {
      const { value } = await readIndex(source, descriptor);
      return { artifactType: value.artifactType ?? null, annotations: value.annotations ?? {} };
    }
    const { value } = await readManifest(source, descriptor);
    return { artifactType: value.artifactType ?? value.config.mediaType, annotations: value.annotations ?? {} };
  } catch (error) {
    if (error instanceof OciError && error.code === 'unsupported') return { artifactType, annotations };
    throw error;
  }
}

async function rowOf(source: ImageSource, referrer: Referrer): Promise<ReferrerRow> {
  const { descriptor, subject, via, isListed } = referrer;
  const { digest, mediaType, size } = descriptor;
  return { digest, mediaType, size, ...(await described(source, referrer)), subject: subject as Digest, via, isListed };
}

/**
 * The artifacts of a place that are about an image, or the index that it is: signatures, SBOMs, attestations, by every convention that
 * tools have for layouts. Throws `not-found` where the image is not there.
 */
export async function referrers(image: ImageOperand, options: ReferrersOptions = {}): Promise<ReferrersResult> {
  checkCall('referrers', { image: ['operand', image] }, options);
  const opened = await openNamed(image, new OpenPlaces(options));
  const about = options.platform === undefined ? opened.named : (await pickNamed(opened, options)).descriptor;
  const { referrers: all, warnings } = await findReferrers(opened.source);
  const rows: ReferrerRow[] = [];
  const wanted = new Set<string>([about.digest]);
  for (const digest of wanted)
    for (const found of all) {
      if (found.subject !== digest) continue;
      rows.push(await rowOf(opened.source, found));
      if (options.recursive === true) wanted.add(found.descriptor.digest);
    }
  const { artifactType } = options;
  return {
    subject: about.digest,
    referrers: artifactType === undefined ? rows : rows.filter(row => row.artifactType === artifactType),
    warnings,
  };
}
