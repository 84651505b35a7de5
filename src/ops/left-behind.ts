import { containerdSubject, fallbackDigest } from '../image/about.ts';
import type { Descriptor } from '../spec/objects.ts';
import type { NamedImage } from '../store/open-operand.ts';

/** The digest of what an entry is about, as far as it says. BuildKit's attestations follow the images of their own index. */
function aboutOf(entry: Descriptor): string | undefined {
  const { annotations } = entry;
  return (
    fallbackDigest(entry) ??
    (Object.hasOwn(annotations ?? {}, containerdSubject) ? annotations?.[containerdSubject] : undefined)
  );
}

/**
 * Says how much is about images that have lost their name to what was made of them: signatures and SBOMs are about the old
 * bytes, and a collection takes them along with those. Only what entries of the index say themselves is looked at.
 */
export async function leftBehind(
  { source, subject }: Pick<NamedImage, 'source' | 'subject'>,
  changed: ReadonlySet<string>,
): Promise<readonly string[]> {
  const entries = (await source.index()).value.manifests;
  const all = entries.filter(entry => changed.has(aboutOf(entry) ?? ''));
  // A tag that lists them is none of them.
  const own = all.filter(entry => fallbackDigest(entry) === undefined);
  const count = own.length === 0 ? all.length : own.length;
  if (count === 0) return [];
  const what = count === 1 ? 'one artifact is' : `${count} artifacts are`;
  return [
    `${subject}: ${what} about the image as it was, and not about the new one (referrers lists what is about a digest)`,
  ];
}
