import { invalid } from '../errors.ts';
import { binaryOf } from './binary.ts';
import { columnsOf, recordsOf, rootOfTable, sqlitePages } from './sqlite.ts';
import { committedPages } from './sqlite-log.ts';

/** The headers in an `rpmdb.sqlite` and its write-ahead log; none where the database has no table of packages yet. Throws `invalid`. */
export function* sqliteHeaders(bytes: Uint8Array, log: Uint8Array | undefined, subject: string): Generator<Uint8Array> {
  const newer = log === undefined ? new Map<number, Uint8Array>() : committedPages(log, subject);
  const pages = sqlitePages(bytes, newer, subject);
  const root = rootOfTable(pages, 'Packages');
  if (root === undefined) return;
  for (const record of recordsOf(pages, root)) {
    const blob = columnsOf(record, subject)[1];
    if (blob !== undefined && blob.length > 0) yield blob;
  }
}

const word = (text: string): number => Buffer.from(text, 'latin1').readUInt32LE();
const [ndbMagic, slotMagic, blobMagic] = [word('RpmP'), word('Slot'), word('BlbS')];

/** The headers in a `Packages.db`, rpm's own store, as SUSE uses it. Throws `invalid`. */
export function* ndbHeaders(bytes: Uint8Array, subject: string): Generator<Uint8Array> {
  const file = binaryOf(bytes, subject, { order: 'little' });
  if (file.u32(0) !== ndbMagic) throw invalid(subject, "an rpm database of rpm's own form", 'something else');
  const end = file.u32(12) * 4096;
  const met = new Set<number>();
  let left = bytes.length;
  for (let slot = 32; slot < end; slot += 16) {
    if (file.u32(slot) !== slotMagic) throw invalid(subject, `a slot at ${slot}`, 'something else');
    const [index, block] = [file.u32(slot + 4), file.u32(slot + 8)];
    if (index === 0) continue;
    if (met.has(block)) throw invalid(subject, 'a place for each package', `block ${block} again`);
    met.add(block);
    const at = block * 16;
    if (file.u32(at) !== blobMagic || file.u32(at + 4) !== index)
      throw invalid(subject, `package ${index} at ${at}`, 'something else');
    const size = file.u32(at + 12);
    left -= size;
    if (left < 0) throw invalid(subject, `packages within ${bytes.length} bytes`, `one more of ${size}`);
    yield file.part(at + 16, size);
  }
}

const hashMagic = 0x00061561;
const [unsortedHash, overflow, sortedHash] = [2, 7, 13];
const offPage = 3;

/** The headers in a Berkeley DB hash (`Packages`), as rpm before 4.16 wrote it, of either byte order. Throws `invalid`. */
export function* berkeleyHeaders(bytes: Uint8Array, subject: string): Generator<Uint8Array> {
  const order = (['little', 'big'] as const).find(side => binaryOf(bytes, subject).u32(12, side) === hashMagic);
  if (order === undefined) throw invalid(subject, 'a Berkeley DB hash', 'something else');
  const file = binaryOf(bytes, subject, { order });
  const [size, last] = [file.u32(20), file.u32(32)];
  if (size < 512 || size > 65_536) throw invalid(subject, 'pages of 512 to 65536 bytes', `${size}`);
  if (file.u8(24) !== 0) throw invalid(subject, 'a database that is not encrypted', 'one that is');
  const pageOf = (number: number) => binaryOf(file.part(number * size, size), subject, { order });
  const met = new Set<number>();
  const longValue = (number: number, length: number): Uint8Array => {
    const whole = new Uint8Array(Math.min(length, bytes.length));
    let filled = 0;
    for (let next = number; next !== 0 && filled < whole.length; ) {
      if (met.has(next)) throw invalid(subject, 'each page once', `page ${next} again`);
      met.add(next);
      const page = pageOf(next);
      if (page.u8(25) !== overflow) throw invalid(subject, `an overflow page at ${next}`, `kind ${page.u8(25)}`);
      const following = page.u32(16);
      const used = following === 0 ? page.u16(22) : size - 26;
      const part = page.part(26, Math.min(used, whole.length - filled));
      whole.set(part, filled);
      filled += part.length;
      next = following;
    }
    if (filled < length) throw invalid(subject, `a value of ${length} bytes`, `${filled}`);
    return whole;
  };
  for (let number = 1; number <= last; number++) {
    const page = pageOf(number);
    if (page.u8(25) !== sortedHash && page.u8(25) !== unsortedHash) continue;
    const entries = page.u16(20);
    for (let index = 1; index < entries; index += 2) {
      const at = page.u16(26 + 2 * index);
      if (page.u8(at) === offPage) yield longValue(page.u32(at + 4), page.u32(at + 8));
    }
  }
}
