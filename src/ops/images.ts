import { OciError, usage } from '../errors.ts';
import { readImage } from '../graph/image-reader.ts';
import type { ImageSource } from '../graph/source.ts';
import { descriptorsUnder } from '../graph/walk-index.ts';
import { isIndexType, isManifestType } from '../spec/media-type.ts';
import { displayName, nameOf } from '../spec/name.ts';
import type { Descriptor, Image } from '../spec/objects.ts';
import { formatPlatform } from '../spec/platform.ts';
import { canonicalName, familiarName, tryReference } from '../spec/reference.ts';
import { OpenPlaces, openPlace } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { type FilterableRow, filterImages } from './image-filters.ts';
import type { ImagesOptions } from './options.ts';
import type { ImageRow } from './results.ts';

/** The image of a manifest, or undefined where it is none (an artifact) or not in this layout. */
async function imageOf(source: ImageSource, descriptor: Descriptor): Promise<Image | undefined> {
  if (!(await source.has(descriptor))) return undefined;
  try {
    return await readImage(source, descriptor);
  } catch (error) {
    if (error instanceof OciError && (error.code === 'unsupported' || error.code === 'not-found')) return undefined;
    throw error;
  }
}

/** Every form of an entry's name that a glob may match. */
function referencesOf(entry: Descriptor): string[] {
  const name = nameOf(entry);
  if (name === undefined) return [];
  const { repository, tag } = displayName(entry);
  const reference = repository === null ? undefined : tryReference(name);
  if (reference === undefined) return [name];
  const familiar = familiarName(reference);
  return [`${familiar}:${tag}`, familiar, canonicalName(reference), `${reference.domain}/${reference.path}`];
}

function rowOf(place: string, entry: Descriptor, image: Image | undefined): FilterableRow {
  const config = image?.config.value;
  const row: ImageRow = {
    place,
    ...displayName(entry),
    digest: entry.digest,
    id: image?.config.descriptor.digest ?? entry.digest,
    created: config?.created ?? null,
    size: (image?.manifest.value.layers ?? []).reduce((total, layer) => total + layer.size, 0),
    platform: config === undefined ? null : formatPlatform(config),
  };
  return { row, labels: config?.config?.Labels ?? {}, references: referencesOf(entry) };
}

/** One row for an image; one for each platform of an index. What is no image is listed only when everything is. */
async function rowsOf(source: ImageSource, entry: Descriptor, all: boolean): Promise<FilterableRow[]> {
  const known = isManifestType(entry.mediaType) || isIndexType(entry.mediaType);
  const manifests = known
    ? (await descriptorsUnder(source, [entry])).filter(({ mediaType }) => isManifestType(mediaType))
    : [];
  const rows: FilterableRow[] = [];
  for (const manifest of manifests) {
    const image = await imageOf(source, manifest);
    if (image !== undefined || all) rows.push(rowOf(source.subject, entry, image));
  }
  return rows.length === 0 && all ? [rowOf(source.subject, entry, undefined)] : rows;
}

function compareRows({ row: a }: FilterableRow, { row: b }: FilterableRow): number {
  const texts = (row: ImageRow): string =>
    `${row.repository ?? '\uffff'}\0${row.tag ?? '\uffff'}\0${row.digest}\0${row.platform}`;
  const [older, newer] = [
    a.created === null ? 0 : Date.parse(a.created),
    b.created === null ? 0 : Date.parse(b.created),
  ];
  return newer - older || (texts(a) < texts(b) ? -1 : 1);
}

/**
 * The images of some layouts, newest first, then by name: one row a name, and one for an image without a name. A layout
 * may be followed by `:NAME`, which works as the filter `reference=NAME`. No layer is read: sizes are those of the stored blobs.
 */
export async function images(places: readonly ImageOperand[], options: ImagesOptions = {}): Promise<ImageRow[]> {
  if (places.length === 0) throw usage('images', 'expected a LAYOUT, got none');
  const rows: FilterableRow[] = [];
  const open = new OpenPlaces();
  for (const operand of places) {
    const { place, subject, source, index } = await openPlace(operand, open);
    if (place.digest !== undefined) throw usage(subject, 'expected a LAYOUT or LAYOUT:NAME, got a digest');
    const found: FilterableRow[] = [];
    for (const entry of index.value.manifests) found.push(...(await rowsOf(source, entry, options.all === true)));
    rows.push(...(place.name === undefined ? found : filterImages(found, [`reference=${place.name}`], options.now)));
  }
  return filterImages(rows.sort(compareRows), options.filters ?? [], options.now).map(({ row }) => row);
}
