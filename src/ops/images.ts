import { type OciError, usage } from '../errors.ts';
import { OpenPlaces, openPlace } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { checkCall } from './check-call.ts';
import { createdOf, type FilterableRow, filterImages } from './image-filters.ts';
import { ImageListing } from './image-listing.ts';
import type { ImagesOptions } from './options.ts';
import type { ImageRow } from './results.ts';

const textOf = (row: ImageRow): string =>
  `${row.repository ?? '\uffff'}\0${row.tag ?? '\uffff'}\0${row.digest}\0${row.platform}`;

/** Newest first, then by name; what has none comes last. */
function compareRows({ row: one }: FilterableRow, { row: other }: FilterableRow): number {
  return createdOf(other) - createdOf(one) || (textOf(one) < textOf(other) ? -1 : 1);
}

/** Warns of what is wrong; where nothing could be read beside it, that is the answer. */
function report(faults: readonly OciError[], isReadable: boolean, options: ImagesOptions): void {
  const [first] = faults;
  if (first !== undefined && !isReadable) throw first;
  options.warnings?.push(...new Set(faults.map(({ message }) => message)));
}

/**
 * The images of some layouts, newest first, then by name: one row a name, and one for an image without a name. A layout
 * may be followed by `:NAME`, which works as the filter `reference=NAME`. No layer is read: sizes are those of the stored blobs.
 * What is damaged or missing is left out and said in `options.warnings`; throws only where there is nothing else.
 */
export async function images(places: readonly ImageOperand[], options: ImagesOptions = {}): Promise<ImageRow[]> {
  checkCall('images', { places: ['operands', places] }, options);
  if (places.length === 0) throw usage('images', 'expected a LAYOUT, got none');
  const rows: FilterableRow[] = [];
  const open = new OpenPlaces(options);
  const faults: OciError[] = [];
  let isReadable = false;
  for (const operand of places) {
    const { place, subject, source, index } = await openPlace(operand, open);
    if (place.digest !== undefined) throw usage(subject, 'expected a LAYOUT or LAYOUT:NAME, got a digest');
    const listing = new ImageListing(source, { all: options.all === true, size: options.size });
    const found = await listing.rows(index.value);
    faults.push(...listing.faults);
    isReadable ||= listing.isReadable;
    rows.push(...(place.name === undefined ? found : filterImages(found, [`reference=${place.name}`], options.now)));
  }
  report(faults, isReadable, options);
  return filterImages(rows.sort(compareRows), options.filters ?? [], options.now).map(({ row }) => row);
}
