import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { loadNative } from '../store/disk/native.ts';
import { padded, paxRecord, withSum } from './tar-blocks.ts';

const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;

function headerBlock(typeflag: string, name: string, size: number): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 'latin1');
  header.write(octal(0o644, 8) + octal(0, 8) + octal(0, 8) + octal(size, 12) + octal(0, 12), 100, 'latin1');
  header.write(typeflag, 156, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  return withSum(header);
}

/** A sparse file as GNU tar stores it (format 1.0): zeros up to its last byte, which is `last`. */
export function sparseMember(name: string, size: number, last: number): Buffer {
  const map = padded(Buffer.from(`1\n${size - 1}\n1\n`));
  const facts = { major: '1', minor: '0', name, realsize: String(size) };
  const pax = Buffer.from(
    Object.entries(facts)
      .map(([key, value]) => paxRecord(`GNU.sparse.${key}=${value}`))
      .join(''),
  );
  const body = Buffer.alloc(1, last);
  const header = headerBlock('0', name, map.length + body.length);
  return Buffer.concat([headerBlock('x', 'pax', pax.length), padded(pax), header, map, padded(body)]);
}

/** Whether the file system of a directory keeps holes, and says where they are; where not, the test is skipped with a message. */
export function hasHoles(t: TestContext, directory: string): boolean {
  const path = join(directory, 'hole');
  const file = openSync(path, 'w+');
  try {
    ftruncateSync(file, 1 << 20);
    const has = fstatSync(file).blocks === 0 && loadNative()?.dataFrom(file, 0) === undefined;
    if (!has) t.skip('the file system here has no holes, or koffi is not there to find them');
    return has;
  } finally {
    closeSync(file);
    rmSync(path);
  }
}

/** Makes a file of `size` bytes that holds these pieces, and holes between them. */
export function makeHoley(path: string, size: number, pieces: readonly { at: number; bytes: Uint8Array }[]): void {
  const file = openSync(path, 'w');
  try {
    for (const { at, bytes } of pieces) writeSync(file, bytes, 0, bytes.length, at);
    ftruncateSync(file, size);
  } finally {
    closeSync(file);
  }
}
