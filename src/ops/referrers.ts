import { badOption, OciError } from '../errors.ts';
import { readIndex, readManifest } from '../graph/image-reader.ts';
import { findReferrers, type Referrer } from '../graph/referrers.ts';
import type { ImageSource } from '../graph/source.ts';
import type { Digest } from '../spec/digest.ts';
import { isIndexType } from '../spec/media-type.ts';
import type { Annotations } from '../spec/objects.ts';
import { documentsAbout } from '../store/layout/documents-about.ts';
import { type NamedImage, OpenPlaces, openNamed, pickNamed } from '../store/open-operand.ts';
import { isDirectory } from '../store/open-source.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import type { ReferrersOptions } from './attach-options.ts';
import type { ReferrerRow, ReferrersResult } from './attach-results.ts';
import { checkCall } from './check-call.ts';

/** What a document says that it is: its `artifactType`, else its config's media type (image-spec manifest.md); as far as it is there. */
async function described(
  source: ImageSource,
  { descriptor }: Referrer,
): Promise<{ readonly artifactType: string | null; readonly annotations: Annotations }> {
  const { mediaType, artifactType = null } = descriptor;
  const annotations = descriptor.annotations ?? {};
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

/** All that is about something; on request what nothing in the layout leads to as well. */
async function allOf(
  { place, source }: NamedImage,
  options: ReferrersOptions,
): Promise<{ readonly all: readonly Referrer[]; readonly warnings: readonly string[] }> {
  const { referrers: known, warnings } = await findReferrers(source);
  if (options.scan !== true) return { all: known, warnings };
  if (!isDirectory(place.path)) throw badOption('scan', 'expected an image layout (a directory), got an archive');
  const keyOf = ({ subject, descriptor }: Referrer): string => `${subject} ${descriptor.digest}`;
  const met = new Set(known.map(keyOf));
  const scanned = await documentsAbout(place.path, options);
  return { all: [...known, ...scanned.filter(found => !met.has(keyOf(found)))], warnings };
}

/**
 * The artifacts of a place that are about an image, or the index that it is: signatures, SBOMs, attestations, by every convention that
 * tools have for layouts. Throws `not-found` where the image is not there.
 */
export async function referrers(image: ImageOperand, options: ReferrersOptions = {}): Promise<ReferrersResult> {
  checkCall('referrers', { image: ['operand', image] }, options);
  const { artifactType } = options;
  if (artifactType === '') throw badOption('artifactType', 'expected what the artifacts are, got nothing');
  const opened = await openNamed(image, new OpenPlaces(options));
  const about = options.platform === undefined ? opened.named : (await pickNamed(opened, options)).descriptor;
  const { all, warnings } = await allOf(opened, options);
  const rows: ReferrerRow[] = [];
  const wanted = new Set<string>([about.digest]);
  for (const digest of wanted)
    for (const found of all) {
      if (found.subject !== digest) continue;
      rows.push(await rowOf(opened.source, found));
      if (options.recursive === true) wanted.add(found.descriptor.digest);
    }
  return {
    subject: about.digest,
    referrers: artifactType === undefined ? rows : rows.filter(row => row.artifactType === artifactType),
    warnings,
  };
}
