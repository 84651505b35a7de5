import { type OciError, usage } from '../errors.ts';
import { OpenPlaces, openPlace } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { checkCall } from './check-call.ts';
import { createdOf, type FilterableRow, filterImages } from './image-filters.ts';
import { ImageListing } from './image-listing.ts';
import type { ImagesOptions } from './options.ts';
import type { ImageRow } from './results.ts';
import { allOf, answers, type Several } from './several.ts';

const textOf = (row: ImageRow): string =>
  `${row.repository ?? '\uffff'}\0${row.tag ?? '\uffff'}\0${row.digest}\0${row.platform}`;

/** Newest first, then by name; what has none comes last. */
function compareRows({ row: one }: FilterableRow, { row: other }: FilterableRow): number {
  return createdOf(other) - createdOf(one) || (textOf(one) < textOf(other) ? -1 : 1);
}

/** Warns of what is wrong in a place; where nothing could be read beside it, that is the answer. */
function report(faults: readonly OciError[], isReadable: boolean, { warnings, errors }: ImagesOptions): void {
  const [last] = faults.slice(-1);
  if (last === undefined) return;
  if (isReadable) {
    for (const message of new Set(faults.map(({ message }) => message))) warnings?.push(message);
    return;
  }
  for (const fault of faults.slice(0, -1)) errors?.push(fault);
  throw errors === undefined ? (faults[0] ?? last) : last;
}

async function rowsOf(
  operand: ImageOperand,
  open: OpenPlaces,
  options: ImagesOptions,
): Promise<readonly FilterableRow[]> {
  const { place, subject, source, index } = await openPlace(operand, open);
  if (place.digest !== undefined) throw usage(subject, 'expected a LAYOUT or LAYOUT:NAME, got a digest');
  const listing = new ImageListing(source, { all: options.all === true, size: options.size });
  const found = await listing.rows(index.value);
  report([...listing.faults], listing.isReadable, options);
  return place.name === undefined ? found : filterImages(found, [`reference=${place.name}`], options.now);
}

/**
 * The images of some layouts, newest first, then by name: one row a name, and one for an image without a name. A layout
 * may be followed by `:NAME`, which works as the filter `reference=NAME`. No layer is read: sizes are those of the stored blobs.
 * What is damaged or missing is left out and said in `options.warnings`. A place that cannot be read, or of which nothing can, is an
 * error: `options.errors` takes all that is wrong there, so that the others are listed; the first is thrown when that is absent.
 */
export async function images(places: Several<ImageOperand>, options: ImagesOptions = {}): Promise<ImageRow[]> {
  checkCall('images', { places: ['operands', places] }, options);
  const all = allOf(places);
  if (all.length === 0) throw usage('images', 'expected a LAYOUT, got none');
  const open = new OpenPlaces(options);
  const rows = (await answers(all, options, operand => rowsOf(operand, open, options))).flat();
  return filterImages(rows.sort(compareRows), options.filters ?? [], options.now).map(({ row }) => row);
}
