import { listWords, notFound, OciError, usage } from '../errors.ts';
import { aboutDigest } from '../image/about.ts';
import { isAttestation } from '../image/attestation.ts';
import { annotationKeys } from '../spec/annotations.ts';
import { encodedOf } from '../spec/digest.ts';
import { findAllByName, findByName } from '../spec/find-name.ts';
import { isIndexType, isManifestType } from '../spec/media-type.ts';
import { nameOf } from '../spec/name.ts';
import type { Descriptor, Document, ImageIndex } from '../spec/objects.ts';
import { oddOf } from '../spec/odd-entries.ts';
import { readManifest } from './image-reader.ts';
import { type Found, listedIndex } from './listed-index.ts';
import type { ImageSource } from './source.ts';
import { walk } from './walk.ts';

/** What an operand says of an image inside its place. */
interface Wanted {
  readonly name?: string;
  /** A digest or the beginning of one (`sha256:4413`, `4413`). */
  readonly digest?: string;
}

const shown = 10;

function begins(digest: string, prefix: string): boolean {
  if (prefix.includes(':')) return digest.startsWith(prefix);
  return digest.slice(digest.indexOf(':') + 1).startsWith(prefix);
}

/** Whether a manifest is for an image of that ID. One that cannot be read cannot be meant by its ID. */
async function hasID(source: ImageSource, descriptor: Descriptor, prefix: string): Promise<boolean> {
  try {
    return begins((await readManifest(source, descriptor)).value.config.digest, prefix);
  } catch (error) {
    if (error instanceof OciError) return false;
    throw error;
  }
}

/**
 * The one manifest or index, nested ones included, whose digest or image ID begins with `prefix` (`sha256:4413`, `4413`); where
 * there is none, the one attestation or entry of another type.
 * Throws `not-found`, and `usage` where it begins several.
 */
export async function findByDigest(
  source: ImageSource,
  entries: readonly Descriptor[],
  prefix: string,
): Promise<Descriptor> {
  const exact = entries.find(({ digest }) => digest === prefix || encodedOf(digest) === prefix);
  if (exact !== undefined) return exact;
  const images: Descriptor[] = [];
  const others: Descriptor[] = [];
  for (const { kind, descriptor } of (await walk(source, entries, { listOnly: true })).nodes) {
    const isOther = kind === 'blob' || isAttestation(descriptor);
    if (begins(descriptor.digest, prefix)) (isOther ? others : images).push(descriptor);
    else if (kind === 'manifest' && !isOther && (await hasID(source, descriptor, prefix))) images.push(descriptor);
  }
  const found = images.length > 0 ? images : others;
  const [only] = found;
  if (only === undefined) throw notFound(`${source.subject}@${prefix}`, 'an image with this digest or image ID');
  if (found.length === 1) return only;
  const digests = listWords(
    found.map(({ digest }) => digest),
    shown,
  );
  throw usage(`${source.subject}@${prefix}`, `expected one image, got ${digests}`, 'give more of the digest');
}

const isImage = ({ mediaType, artifactType }: Descriptor): boolean =>
  (isManifestType(mediaType) || isIndexType(mediaType)) && artifactType == null;

const hasRefName = (entry: Descriptor, name: string): boolean => entry.annotations?.[annotationKeys.refName] === name;

const whole = (descriptor: Descriptor): Found => ({ descriptor, entries: [descriptor] });

/** Of one name: the entry that has it, or the image that several are together. */
function findNamed(index: Document<ImageIndex>, name: string, subject: string): Found {
  const entries = findAllByName(index.value, name, subject);
  return listedIndex(index, entries) ?? whole(findByName(index.value, name, subject));
}

/** Without a name: the only image, else the one named `latest`, else an error that lists the names. */
function findDefault(index: Document<ImageIndex>, subject: string): Found {
  const { value } = index;
  const images = value.manifests.filter(
    entry => isImage(entry) && !isAttestation(entry) && aboutDigest(entry) === undefined,
  );
  const entries = images.length > 0 ? images : value.manifests;
  const [first] = entries;
  if (first === undefined) throw oddOf(value)[0]?.fault ?? notFound(subject, 'an image', 'the layout is empty');
  if (entries.every(({ digest }) => digest === first.digest)) return whole(first);
  const listedHere = listedIndex(index, images);
  if (listedHere !== undefined) return listedHere;
  if (entries.some(entry => hasRefName(entry, 'latest'))) return findNamed(index, 'latest', subject);
  const names = entries.map(entry => nameOf(entry) ?? entry.digest);
  throw usage(subject, 'expected one image, got several', `name one of ${listWords([...new Set(names)], shown)}`);
}

/** The one that a digest stands for: an entry, or what lies below one. */
async function findDigest(source: ImageSource, entries: readonly Descriptor[], digest: string): Promise<Found> {
  const descriptor = await findByDigest(source, entries, digest);
  return { descriptor, entries: entries.includes(descriptor) ? [descriptor] : [] };
}

/** What a name and a digest stand for: an entry of the index, several that are one image, or by its digest one nested below. */
export async function findEntry(source: ImageSource, index: Document<ImageIndex>, wanted: Wanted): Promise<Found> {
  const { name, digest } = wanted;
  const { manifests } = index.value;
  if (name === undefined && digest === undefined) return findDefault(index, source.subject);
  if (name === undefined) return findDigest(source, manifests, digest ?? '');
  if (digest === undefined) return findNamed(index, name, source.subject);
  // A name may itself contain `@`.
  const exact = manifests.find(entry => hasRefName(entry, `${name}@${digest}`));
  return exact === undefined
    ? findDigest(source, findAllByName(index.value, name, source.subject), digest)
    : whole(exact);
}
