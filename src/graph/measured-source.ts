import { checkData } from '../image/check-data.ts';
import { blobAt } from '../image/finding.ts';
import type { Descriptor } from '../spec/objects.ts';
import type { FileRegion, ImageSource } from './source.ts';

/** How many bytes there are where a blob's bytes lie; undefined where that is not to be known. */
type Measure = (region: FileRegion) => number | undefined;

/** What a descriptor should say of the blob that its digest names: the size that it has, and no data that is of something else. */
export function measured(source: ImageSource, descriptor: Descriptor, measure: Measure): Descriptor {
  const { data, ...bare } = descriptor;
  const region = source.fileOf(bare);
  const size = (region === undefined ? undefined : measure(region)) ?? descriptor.size;
  const sized = size === descriptor.size ? descriptor : { ...descriptor, size };
  if (data == null || checkData(sized, blobAt(descriptor.digest)).length === 0) return sized;
  return { ...bare, size };
}

/** A place in which a blob is what its digest says, whatever its descriptor says of its size and embeds of it: digests are checked as ever. */
export function measuredSource(source: ImageSource, measure: Measure): ImageSource {
  const of = (descriptor: Descriptor): Descriptor => measured(source, descriptor, measure);
  return {
    ...source,
    has: descriptor => source.has(of(descriptor)),
    open: descriptor => source.open(of(descriptor)),
    read: (descriptor, limit) => source.read(of(descriptor), limit),
    fileOf: descriptor => source.fileOf(of(descriptor)),
  };
}
