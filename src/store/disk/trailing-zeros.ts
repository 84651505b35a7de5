import { closeSync, openSync, readSync } from 'node:fs';
import { isZeros } from '../../engine/zeros.ts';
import type { ImageSource } from '../../graph/source.ts';
import type { Descriptor } from '../../spec/objects.ts';
import { onDisk } from './system-error.ts';

/** A member's CRC and length (RFC 1952, section 2.3.1); both are zero in an empty one, which these end the data of. */
const trailer = 8;
const emptyData: readonly string[] = ['0300', '000000ffff0300', '010000ffff'];
const looked = 24;

/** Whether zeros follow the last member of a gzip stream that lies in a file: fewer than four are not told from a length. */
export function hasTrailingZeros(source: ImageSource, descriptor: Descriptor): boolean {
  const region = source.fileOf(descriptor);
  if (region === undefined || descriptor.size < looked) return false;
  const [head, tail] = [Buffer.alloc(2), Buffer.alloc(looked)];
  onDisk(source.subject, 'a blob that can be read', () => {
    const file = openSync(region.path, 'r');
    try {
      readSync(file, head, 0, 2, region.offset);
      readSync(file, tail, 0, looked, region.offset + descriptor.size - looked);
    } finally {
      closeSync(file);
    }
  });
  if (head.toString('hex') !== '1f8b' || !isZeros(tail, looked - 4)) return false;
  const data = tail.subarray(0, looked - trailer).toString('hex');
  const isEmptyMember = isZeros(tail, looked - trailer) && emptyData.some(end => data.endsWith(end));
  return !isEmptyMember;
}
