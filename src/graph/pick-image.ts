import { notFound, OciError, unsupported, usage } from '../errors.ts';
import { isIndexType, isManifestType } from '../spec/media-type.ts';
import type { Descriptor, Image, Platform } from '../spec/objects.ts';
import {
  formatExactPlatform,
  machinePlatform,
  matchesPlatform,
  parsePlatform,
  platformRank,
} from '../spec/platform.ts';
import { readImage } from './image-reader.ts';
import type { ImageSource } from './source.ts';
import { listManifests } from './walk.ts';

interface PickOptions {
  /** `os/arch[/variant]`; what is picked must be for it. */
  readonly platform?: string;
  /** Whose architecture is taken, on linux, where several images are left to choose from. */
  readonly hostPlatform?: Platform;
  /** What the option is called that would pick one: `platform` when absent. */
  readonly option?: string;
  /** What the user called the image, for messages. */
  readonly subject: string;
}

export interface PickedImage {
  readonly image: Image;
  /** The manifest's. */
  readonly descriptor: Descriptor;
}

interface Candidate {
  readonly descriptor: Descriptor;
  readonly platform: Platform;
}

/** What an index offers, and what is wrong with images that do not say there what they are for. */
interface Offer {
  readonly candidates: readonly Candidate[];
  readonly faults: readonly OciError[];
}

/** An index entry need not say its platform: then the image's config does. Artifacts and absent images are no candidates. */
async function offerOf(source: ImageSource, manifests: readonly Descriptor[]): Promise<Offer> {
  const candidates: Candidate[] = [];
  const faults: OciError[] = [];
  for (const descriptor of manifests) {
    if (descriptor.platform != null) candidates.push({ descriptor, platform: descriptor.platform });
    else if (await source.has(descriptor)) {
      try {
        candidates.push({ descriptor, platform: (await readImage(source, descriptor)).config.value });
      } catch (error) {
        if (!(error instanceof OciError)) throw error;
        if (error.code !== 'unsupported') faults.push(error);
      }
    }
  }
  return { candidates, faults };
}

const platformsOf = (candidates: readonly Candidate[]): string =>
  [...new Set(candidates.map(({ platform }) => formatExactPlatform(platform)))].sort().slice(0, 20).join(', ');

/** The host's architecture on linux; this machine's where nobody says what the host is. */
function defaultPlatform({ architecture, variant }: Platform = machinePlatform): Platform {
  return { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) };
}

async function pickFromIndex(source: ImageSource, descriptor: Descriptor, options: PickOptions): Promise<Descriptor> {
  const manifests = await listManifests(source, [descriptor]);
  const [only] = manifests;
  if (only === undefined) throw notFound(options.subject, 'an image', 'the index lists none');
  if (manifests.length === 1 && options.platform === undefined) return only;
  const { candidates, faults } = await offerOf(source, manifests);
  const wanted =
    options.platform === undefined ? defaultPlatform(options.hostPlatform) : parsePlatform(options.platform);
  const picked = bestOf(candidates, wanted);
  if (picked !== undefined) return picked;
  if (faults[0] !== undefined) throw faults[0];
  const choices = platformsOf(candidates);
  const hint = `choose one with option ${options.option ?? 'platform'}`;
  if (options.platform === undefined) throw usage(options.subject, `expected one image, got ${choices}`, hint);
  throw new OciError('not-found', options.subject, `expected an image for ${options.platform}, got ${choices}`, {
    hint,
  });
}

/** The best suited, and of equals the first (image-spec image-index.md: "the first matching entry SHOULD be used"). */
function bestOf(candidates: readonly Candidate[], wanted: Platform): Descriptor | undefined {
  const ranked = candidates.map(({ descriptor, platform }) => ({ descriptor, rank: platformRank(wanted, platform) }));
  const best = ranked.reduce((most, { rank }) => Math.max(most, rank), 0);
  return best === 0 ? undefined : ranked.find(({ rank }) => rank === best)?.descriptor;
}

/** The images that a manifest's or index's descriptor stands for by their platforms (`os/arch[/variant]`); of several for one the first. Throws as `pickImage` does. */
export async function imagesByPlatform(
  source: ImageSource,
  descriptor: Descriptor,
): Promise<ReadonlyMap<string, Descriptor>> {
  const manifests = isIndexType(descriptor.mediaType) ? await listManifests(source, [descriptor]) : [descriptor];
  const { candidates, faults } = await offerOf(source, manifests);
  if (faults[0] !== undefined) throw faults[0];
  const images = new Map<string, Descriptor>();
  for (const { platform, descriptor } of candidates) {
    const name = formatExactPlatform(platform);
    if (!images.has(name)) images.set(name, descriptor);
  }
  return images;
}

/**
 * Reads the image that a manifest's or index's descriptor stands for. In an index, nested ones included: the one for
 * `platform`; without it the only one, else the host's architecture on linux. Attestations do not count.
 * Throws `usage` where several are left, `not-found` where none is, `unsupported` for what is no image.
 */
export async function pickImage(
  source: ImageSource,
  descriptor: Descriptor,
  options: PickOptions,
): Promise<PickedImage> {
  if (!isIndexType(descriptor.mediaType) && !isManifestType(descriptor.mediaType)) {
    throw unsupported(options.subject, 'an image manifest or an image index', descriptor.mediaType);
  }
  const isIndex = isIndexType(descriptor.mediaType);
  const picked = isIndex ? await pickFromIndex(source, descriptor, options) : descriptor;
  const image = await readImage(source, picked);
  if (!isIndex && options.platform !== undefined) {
    const { value } = image.config;
    if (!matchesPlatform(parsePlatform(options.platform), value)) {
      const got = formatExactPlatform(value);
      throw new OciError('not-found', options.subject, `expected an image for ${options.platform}, got one for ${got}`);
    }
  }
  return { image, descriptor: picked };
}
