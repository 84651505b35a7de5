import { notFound, OciError, usage } from '../errors.ts';
import { isAttestation } from '../image/attestation.ts';
import { annotationKeys } from '../spec/annotations.ts';
import { encodedOf } from '../spec/digest.ts';
import { isIndexType, isManifestType } from '../spec/media-type.ts';
import { findByName, nameOf } from '../spec/name.ts';
import type { Descriptor, ImageIndex } from '../spec/objects.ts';
import { oddOf } from '../spec/odd-entries.ts';
import { readManifest } from './image-reader.ts';
import type { ImageSource } from './source.ts';
import { walk } from './walk.ts';

/** What an operand says of an image inside its place. */
interface Wanted {
  readonly name?: string;
  /** A digest or the beginning of one (`sha256:4413`, `4413`). */
  readonly digest?: string;
}

const shown = 10;

const listed = (words: readonly string[]): string =>
  `${words.slice(0, shown).join(', ')}${words.length > shown ? ` and ${words.length - shown} more` : ''}`;

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
 * The one manifest or index, nested ones included, whose digest or image ID begins with `prefix` (`sha256:4413`, `4413`).
 * Throws `not-found`, and `usage` where it begins several.
 */
export async function findByDigest(
  source: ImageSource,
  entries: readonly Descriptor[],
  prefix: string,
): Promise<Descriptor> {
  const exact = entries.find(({ digest }) => digest === prefix || encodedOf(digest) === prefix);
  if (exact !== undefined) return exact;
  const found: Descriptor[] = [];
  for (const { kind, descriptor } of (await walk(source, entries, { listOnly: true, withoutAttestations: true }))
    .nodes) {
    if (kind !== 'index' && kind !== 'manifest') continue;
    if (begins(descriptor.digest, prefix)) found.push(descriptor);
    else if (kind === 'manifest' && (await hasID(source, descriptor, prefix))) found.push(descriptor);
  }
  const [only] = found;
  if (only === undefined) throw notFound(`${source.subject}@${prefix}`, 'an image with this digest or image ID');
  if (found.length === 1) return only;
  const digests = listed(found.map(({ digest }) => digest));
  throw usage(`${source.subject}@${prefix}`, `expected one image, got ${digests}`, 'give more of the digest');
}

const isImage = ({ mediaType, artifactType }: Descriptor): boolean =>
  (isManifestType(mediaType) || isIndexType(mediaType)) && artifactType == null;

const hasRefName = (entry: Descriptor, name: string): boolean => entry.annotations?.[annotationKeys.refName] === name;

/** Without a name: the only image, else the one named `latest`, else an error that lists the names. */
function findDefault(index: ImageIndex, subject: string): Descriptor {
  const images = index.manifests.filter(entry => isImage(entry) && !isAttestation(entry));
  const entries = images.length > 0 ? images : index.manifests;
  const [first] = entries;
  if (first === undefined) throw oddOf(index)[0]?.fault ?? notFound(subject, 'an image', 'the layout is empty');
  if (entries.every(({ digest }) => digest === first.digest)) return first;
  if (entries.some(entry => hasRefName(entry, 'latest'))) return findByName(index, 'latest', subject);
  const names = entries.map(entry => nameOf(entry) ?? entry.digest);
  throw usage(subject, 'expected one image, got several', `name one of ${listed(names)}`);
}

/** The descriptor that a name and a digest stand for: an entry of the index, or by its digest one nested below. */
export async function findEntry(source: ImageSource, index: ImageIndex, wanted: Wanted): Promise<Descriptor> {
  const { name, digest } = wanted;
  if (name === undefined && digest === undefined) return findDefault(index, source.subject);
  if (name === undefined) return findByDigest(source, index.manifests, digest ?? '');
  if (digest === undefined) return findByName(index, name, source.subject);
  // A name may itself contain `@`.
  const whole = index.manifests.find(entry => hasRefName(entry, `${name}@${digest}`));
  return whole ?? findByDigest(source, [findByName(index, name, source.subject)], digest);
}
