import { OciError } from '../errors.ts';
import { attestedDigest, isAttestation } from '../image/attestation.ts';
import { forPlatforms } from '../image/index-edit.ts';
import { isIndexType } from '../spec/media-type.ts';
import { withoutNames } from '../spec/name.ts';
import type { Descriptor, Platform } from '../spec/objects.ts';
import { formatPlatform, isKnownPlatform } from '../spec/platform.ts';
import { platformOf } from './change-graph.ts';
import { readImageOf, readManifest } from './image-reader.ts';
import { referrersOf } from './referrers.ts';
import type { ImageSource } from './source.ts';
import { listedIn, walk } from './walk.ts';

const attestationType = 'application/vnd.docker.attestation.manifest.v1+json';

/** An entry that says what its manifest is: the platform of an image's config, in its own spelling, or an artifact's type. */
async function described(source: ImageSource, entry: Descriptor): Promise<Descriptor> {
  if (entry.platform != null || isAttestation(entry) || isIndexType(entry.mediaType)) return entry;
  const manifest = await readManifest(source, entry);
  const { artifactType } = manifest.value;
  try {
    const platform = platformOf(await readImageOf(source, manifest));
    return isKnownPlatform(platform) ? { ...entry, platform } : entry;
  } catch (error) {
    if (!(error instanceof OciError) || error.code !== 'unsupported') throw error;
    return artifactType === undefined ? entry : { ...entry, artifactType };
  }
}

/** BuildKit's attestations that only say themselves which image they are about, as entries that say it. */
async function attestationsOf(source: ImageSource, { digest }: Descriptor): Promise<readonly Descriptor[]> {
  const found: Descriptor[] = [];
  for (const entry of (await referrersOf(source, [digest])).manifests) {
    if (isIndexType(entry.mediaType) || attestedDigest(entry) !== undefined) continue;
    const { artifactType, subject } = (await readManifest(source, entry)).value;
    if (artifactType !== attestationType || subject?.digest !== digest) continue;
    const { artifactType: _, annotations: _annotations, ...bare } = withoutNames(entry);
    found.push({
      ...bare,
      platform: { architecture: 'unknown', os: 'unknown' },
      annotations: {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': digest,
      },
    });
  }
  return found;
}

interface TakeOptions {
  /** Only images for these; all where it is empty. */
  readonly platforms: readonly Platform[];
  /** An index is one entry, and not what it lists. */
  readonly isNested: boolean;
}

/** What an index lists, nested ones included: one that several list is looked into once. */
async function flat(source: ImageSource, named: Descriptor): Promise<readonly Descriptor[]> {
  if (!isIndexType(named.mediaType)) return [named, ...(await attestationsOf(source, named))];
  const graph = await walk(source, [named], { listOnly: true });
  const listed = [...listedIn(graph, [named])];
  for (const { node } of listed) if (node?.kind === 'index' && node.fault !== undefined) throw node.fault;
  return listed.flatMap(({ entry, node }) => (node?.kind === 'index' ? [] : [entry]));
}

/**
 * What an image is as entries of an index: itself with its attestations, or what its own index lists, nested ones included. Throws
 * `not-found` where nothing of it is for the platforms that are wanted.
 */
export async function indexEntries(
  source: ImageSource,
  named: Descriptor,
  { platforms, isNested }: TakeOptions,
): Promise<readonly Descriptor[]> {
  const bare = withoutNames(named);
  const listed = isNested ? [bare] : await flat(source, bare);
  const entries: Descriptor[] = [];
  for (const entry of listed) entries.push((await source.has(entry)) ? await described(source, entry) : entry);
  if (platforms.length === 0) return entries;
  const kept = forPlatforms(entries, platforms);
  if (kept.some(entry => entry.platform != null && !isAttestation(entry))) return kept;
  const wanted = platforms.map(formatPlatform).join(', ');
  throw new OciError('not-found', source.subject, `expected an image for ${wanted}, got none`);
}
