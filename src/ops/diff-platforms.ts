import { readImage } from '../graph/image-reader.ts';
import { imagesByPlatform } from '../graph/pick-image.ts';
import type { Descriptor } from '../spec/objects.ts';
import { type NamedImage, OpenPlaces, openNamed } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { announce } from '../stream/pace.ts';
import { checkCall } from './check-call.ts';
import { imageSide, readImagePair } from './compared-side.ts';
import type { PlatformDiffResult, PlatformDiffRow } from './diff-results.ts';
import { comparisonOf, diffSides } from './diff-sides.ts';
import type { DiffOptions } from './options.ts';

type Offers = ReadonlyMap<string, Descriptor>;

/** An image that a place offers for a platform. */
async function sideOf({ source }: NamedImage, descriptor: Descriptor): Promise<ReturnType<typeof imageSide>> {
  return imageSide(source, await readImage(source, descriptor));
}

const nothing = { changes: [], config: [], manifest: [], warnings: [] };

/**
 * What differs between two multi-platform images, platform by platform as their indexes (or where those say nothing, the configs) name them; an image of one platform
 * is one of one. Platforms that only one of them has are named, and nothing of them is read.
 */
export async function diffPlatforms(
  before: ImageOperand,
  after: ImageOperand,
  options: Omit<DiffOptions, 'platform' | 'hostPlatform' | 'crossMounts'> = {},
): Promise<PlatformDiffResult> {
  checkCall('diffPlatforms', { before: ['operand', before], after: ['operand', after] }, options);
  const comparison = comparisonOf(options);
  announce(options, 'comparing');
  const places = new OpenPlaces(options);
  const lower = await openNamed(before, places);
  const upper = await openNamed(after, places);
  const older: Offers = await imagesByPlatform(lower.source, lower.named);
  const newer: Offers = await imagesByPlatform(upper.source, upper.named);
  const platforms: PlatformDiffRow[] = [];
  for (const platform of [...new Set([...older.keys(), ...newer.keys()])].sort()) {
    const [was, is] = [older.get(platform), newer.get(platform)];
    const digests = { platform, before: was?.digest ?? null, after: is?.digest ?? null };
    if (was === undefined || is === undefined) platforms.push({ ...digests, ...nothing });
    else {
      const sides = await readImagePair(await sideOf(lower, was), await sideOf(upper, is));
      platforms.push({ ...digests, ...(await diffSides(...sides, comparison)) });
    }
  }
  return { platforms };
}
