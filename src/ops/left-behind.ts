import { fallbackDigest, taggedDigest } from '../image/about.ts';
import type { NamedImage } from '../store/open-operand.ts';

/**
 * Says how much is about images that have lost their name to what was made of them: signatures and SBOMs are about the old
 * bytes, and a collection takes them along with those. Only what entries of the index say themselves is looked at;
 * BuildKit's attestations follow the images of their own index.
 */
export function leftBehind(
  { index, subject }: Pick<NamedImage, 'index' | 'subject'>,
  changed: ReadonlySet<string>,
): readonly string[] {
  const all = index.value.manifests.filter(entry => changed.has(taggedDigest(entry) ?? ''));
  // A tag that lists them is none of them.
  const own = all.filter(entry => fallbackDigest(entry) === undefined);
  const count = own.length === 0 ? all.length : own.length;
  if (count === 0) return [];
  const what = count === 1 ? 'one artifact is' : `${count} artifacts are`;
  return [
    `${subject}: ${what} about the image as it was, and not about the new one (referrers lists what is about a digest)`,
  ];
}
