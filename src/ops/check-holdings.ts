import { listWords, OciError } from '../errors.ts';
import { type DocumentOf, objectIn, reach, reachReferrers, referencesIn, subjectIn } from '../graph/reach.ts';
import type { ImageSource } from '../graph/source.ts';
import type { GraphNode } from '../graph/walk.ts';
import type { Finding } from '../image/finding.ts';
import { finding } from '../image/finding-codes.ts';
import { documentLimit } from '../limits.ts';
import type { Descriptor, ImageIndex, Json } from '../spec/objects.ts';
import { withOddEntries } from '../spec/odd-entries.ts';
import { sizeOf } from '../spec/sizes.ts';

const within = 'blobs';

/** The JSON object that a blob is, as far as it can be read. */
function documentsIn(source: ImageSource, blobs: ReadonlyMap<string, Descriptor>): DocumentOf {
  return async digest => {
    const blob = blobs.get(digest);
    if (blob === undefined || blob.size > documentLimit) return undefined;
    try {
      return objectIn(await source.read(blob));
    } catch (error) {
      if (error instanceof OciError) return undefined;
      throw error;
    }
  };
}

/** What lies among the blobs of a place and nothing in it leads to, by its documents or by what is about them, and what is no blob. */
export async function checkHoldings(
  source: ImageSource,
  index: ImageIndex,
  nodes: readonly GraphNode[],
): Promise<Finding[]> {
  const held = await source.holdings?.();
  if (held === undefined) return [];
  const { blobs, strangers, named } = held;
  const names = listWords(
    strangers.map(name => `'${name}'`),
    3,
  );
  const found = strangers.length === 0 ? [] : [finding('blob-name', { within }, `expected digests, got ${names}`)];
  const walked = new Set<string>(nodes.map(({ descriptor }) => descriptor.digest));
  const left = blobs.filter(({ digest }) => !walked.has(digest));
  if (left.length === 0) return found;
  const documentOf = documentsIn(source, new Map(blobs.map(blob => [blob.digest, { ...blob, mediaType: '' }])));
  const roots = [...referencesIn(withOddEntries(index) as Json), ...named.map(digest => ({ digest, mediaType: '' }))];
  const met = await reach(roots, documentOf);
  const subjects = new Map<string, string>();
  for (const { digest } of left) {
    const subject = met.has(digest) ? undefined : subjectIn((await documentOf(digest)) ?? null);
    if (subject !== undefined) subjects.set(digest, subject);
  }
  await reachReferrers(subjects, documentOf, met);
  const lost = left.filter(({ digest }) => !met.has(digest));
  if (lost.length === 0) return found;
  const message = `${lost.length} that nothing leads to, ${sizeOf(lost)} bytes`;
  return [...found, finding('blob-unreferenced', { within }, message)];
}
