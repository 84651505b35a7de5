import { inflateWhole } from '../engine/inflate-whole.ts';
import { invalid, unsupported } from '../errors.ts';
import { byteStringOf } from '../tree/path.ts';
import { binaryOf } from './binary.ts';

/** A file in a zip archive. */
interface ZipMember {
  /** A byte string, as the archive has it. */
  readonly name: string;
  readonly method: number;
  readonly stored: number;
  /** Bytes, inflated: what the archive says. */
  readonly size: number;
  readonly offset: number;
}

const [endMark, centralMark, localMark] = [0x06054b50, 0x02014b50, 0x04034b50];
const endSize = 22;

/** Where the record stands that ends the archive: a comment of up to 64 KiB may follow it. */
function endOf(bytes: Uint8Array, subject: string): number {
  const file = binaryOf(bytes, subject, { order: 'little' });
  const first = Math.max(0, bytes.length - endSize - 0xffff);
  for (let at = bytes.length - endSize; at >= first; at--) if (file.u32(at) === endMark) return at;
  throw invalid(subject, 'a zip archive', 'something else');
}

/** The files of a zip archive by its central directory, which may stand behind other data (a script). Throws `invalid`. */
export function* zipMembers(bytes: Uint8Array, subject: string): Generator<ZipMember> {
  const file = binaryOf(bytes, subject, { order: 'little' });
  const end = endOf(bytes, subject);
  const count = file.u16(end + 10);
  const [size, start] = [file.u32(end + 12), file.u32(end + 16)];
  if (count === 0xffff || start === 0xffffffff) throw unsupported(subject, 'a zip archive of 32 bits', 'zip64');
  const shift = end - size - start;
  for (let index = 0, at = start + shift; index < count; index++) {
    if (file.u32(at) !== centralMark) throw invalid(subject, `${count} files in a zip archive`, `${index}`);
    const nameLength = file.u16(at + 28);
    yield {
      name: byteStringOf(file.part(at + 46, nameLength)),
      method: file.u16(at + 10),
      stored: file.u32(at + 20),
      size: file.u32(at + 24),
      offset: file.u32(at + 42) + shift,
    };
    at += 46 + nameLength + file.u16(at + 30) + file.u16(at + 32);
  }
}

/** A member's contents. Throws `invalid` where they are damaged or larger than `limit`. */
export function memberOf(
  bytes: Uint8Array,
  { method, stored, offset }: ZipMember,
  { limit, subject }: { readonly limit: number; readonly subject: string },
): Uint8Array {
  const file = binaryOf(bytes, subject, { order: 'little' });
  if (file.u32(offset) !== localMark) throw invalid(subject, `a file at offset ${offset}`, 'something else');
  const data = file.part(offset + 30 + file.u16(offset + 26) + file.u16(offset + 28), stored);
  if (method === 8) return inflateWhole(data, { form: 'raw', limit, subject });
  if (method !== 0) throw unsupported(subject, 'stored or deflated files', `method ${method}`);
  if (stored > limit) throw invalid(subject, `a file of at most ${limit} bytes`, `${stored}`);
  return data;
}
