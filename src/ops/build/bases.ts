import { notFound, OciError } from '../../errors.ts';
import type { ImageSource } from '../../graph/source.ts';
import { listNames } from '../../spec/find-name.ts';
import type { Descriptor, Image, Platform } from '../../spec/objects.ts';
import { formatPlatform } from '../../spec/platform.ts';
import { familiarName, parseReference } from '../../spec/reference.ts';
import type { ImagePlace } from '../../store/image-place.ts';
import { type NamedImage, type OpenPlaces, openNamed, pickNamed } from '../../store/open-operand.ts';
import { type ImageOperand, parseWholePlace } from '../../store/parse-operand.ts';

/** An image that a build takes files from. */
export interface BuildBase {
  readonly source: ImageSource;
  readonly image: Image;
}

/** Where images are looked for, in this order. */
interface Places {
  /** Images and directories by the names that a Dockerfile calls them. */
  readonly named: ReadonlyMap<string, ImageOperand>;
  readonly layouts: readonly ImageOperand[];
  readonly open: OpenPlaces;
}

/** The image that a full name stands for. Throws `not-found` with the places that were looked at. */
export async function findBase(name: string, platform: Platform, { named, layouts, open }: Places): Promise<BuildBase> {
  const choice = { platform: formatPlatform(platform), option: 'platforms' };
  const given = named.get(name);
  if (given !== undefined) return pickNamed(await openNamed(given, open), choice);
  const searched: string[] = [];
  const listed: Descriptor[] = [];
  for (const layout of layouts) {
    const { place } = parseWholePlace(layout, 'a layout or an archive');
    searched.push(place.path);
    for (const candidate of candidatesIn(place, name)) {
      const found = await tryNamed({ ...place, ...candidate }, open);
      if (found !== undefined) return pickNamed(found, choice);
    }
    for (const one of await entriesIn(place, open)) listed.push(one);
  }
  throw notFound(
    familiarName(parseReference(name)),
    `an image of that name in ${searched.join(' or ') || 'a layout'}`,
    `${listNames({ schemaVersion: 2, manifests: listed })}; skopeo copy docker://${name} oci:LAYOUT:NAME fetches it; option contexts or option bases says where it is`,
  );
}

/** What a place lists; nothing where there is none yet. */
async function entriesIn(place: ImagePlace, open: OpenPlaces): Promise<readonly Descriptor[]> {
  try {
    return (await open.source(place)).index.value.manifests;
  } catch (error) {
    if (error instanceof OciError && error.code === 'not-found') return [];
    throw error;
  }
}

async function tryNamed(place: ImagePlace, open: OpenPlaces): Promise<NamedImage | undefined> {
  try {
    return await openNamed(place, open);
  } catch (error) {
    if (error instanceof OciError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** How an entry may be called that a reference means: in full, as people say it, or by its tag in a layout called like the repository. */
function candidatesIn({ path }: ImagePlace, name: string): readonly Pick<ImagePlace, 'name' | 'digest'>[] {
  const reference = parseReference(name);
  const { digest, tag = 'latest' } = reference;
  if (digest !== undefined) return [{ digest }];
  const familiar = familiarName(reference);
  const own = path
    .split('/')
    .filter(part => part !== '')
    .at(-1);
  const isOwn = own === familiar.split('/').at(-1);
  return [
    { name },
    { name: `${familiar}:${tag}` },
    ...(isOwn ? [{ name: tag }] : []),
    ...(tag === 'latest' ? [{ name: familiar }] : []),
  ];
}

/** `NAME=PLACE` of a context: a directory, or an image (`oci:`, `oci-layout://`, or any operand). */
export function parseNamedContext(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  const place = text.slice(equals + 1).replace(/^oci-layout:\/\//, 'oci:');
  return [text.slice(0, Math.max(0, equals)), place];
}

export const isImagePlace = (place: string): boolean => /^(oci|oci-archive|docker-archive):/.test(place);
