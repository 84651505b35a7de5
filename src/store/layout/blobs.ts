import { closeSync, constants, fchmodSync, fstatSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Bytes } from '../../engine/engine.ts';
import { nodeEngine } from '../../engine/node.ts';
import { broken, invalid, notFound } from '../../errors.ts';
import { embeddedData } from '../../graph/embedded-data.ts';
import type { FileRegion, StoredBlob } from '../../graph/source.ts';
import { algorithmOf, encodedOf, parseDigest } from '../../spec/digest.ts';
import type { Descriptor } from '../../spec/objects.ts';
import { hashed } from '../../stream/hashed.ts';
import { readWhole } from '../../stream/read-whole.ts';
import { verified } from '../../stream/verified.ts';
import { fsynced } from '../disk/atomic.ts';
import { regionChunks } from '../disk/region.ts';
import { writeSparse } from '../disk/sparse-file.ts';
import { onDisk, systemCode, systemError } from '../disk/system-error.ts';

const room = 'room for a blob';

const subjectOf = (layout: string, descriptor: Descriptor): string => `${layout}: blob ${descriptor.digest}`;

/** Where a layout keeps a blob. Only a digest that has been parsed becomes a path, so none leads out of the layout. */
export function blobPath(layout: string, descriptor: Pick<Descriptor, 'digest'>): string {
  const digest = parseDigest(descriptor.digest, layout);
  return join(layout, 'blobs', algorithmOf(digest), encodedOf(digest));
}

/** Where a layout keeps a blob's bytes. */
export function fileOfBlob(layout: string, descriptor: Descriptor): FileRegion {
  return { path: blobPath(layout, descriptor), offset: 0, size: descriptor.size };
}

/** Whether a blob is there, unread: its file, or its content in the descriptor. */
export function hasBlob(layout: string, descriptor: Descriptor): boolean {
  const path = blobPath(layout, descriptor);
  const found = onDisk(subjectOf(layout, descriptor), 'a blob', () => statSync(path, { throwIfNoEntry: false }));
  return found?.isFile() === true || typeof descriptor.data === 'string';
}

/**
 * Opens a blob's file and checks its size; undefined where there is none. A symlink is followed, as build tools share
 * blobs that way and the digest vouches for the content, but only to a regular file: a pipe must not block.
 */
function openFile(layout: string, descriptor: Descriptor, subject: string): number | undefined {
  let file: number | undefined;
  try {
    file = openSync(blobPath(layout, descriptor), constants.O_RDONLY | constants.O_NONBLOCK);
    const found = fstatSync(file);
    if (!found.isFile()) throw invalid(subject, 'a regular file', 'something else');
    if (found.size !== descriptor.size)
      throw broken('size', subject, { expected: `a size of ${descriptor.size} bytes`, got: `${found.size}` });
    return file;
  } catch (error) {
    if (file !== undefined) closeSync(file);
    if (systemCode(error) === 'ENOENT') return undefined;
    throw systemError(error, subject, 'a blob that can be read');
  }
}

/**
 * A blob in chunks of up to 1 MiB; a chunk is valid until the next is asked for. Size is checked before the first and
 * the digest after the last. Where the file is missing, the descriptor's own `data` serves.
 * `called` is what messages call the layout. Throws `not-found` and `invalid`.
 */
export async function* openBlob(layout: string, descriptor: Descriptor, called: string = layout): Bytes {
  const subject = subjectOf(called, descriptor);
  parseDigest(descriptor.digest, called);
  const embedded = await embeddedData(descriptor, subject);
  const file = openFile(layout, descriptor, subject);
  if (file === undefined) {
    if (embedded === undefined) throw notFound(subject, 'a blob');
    yield embedded;
    return;
  }
  try {
    yield* verified(regionChunks(file, { offset: 0, size: descriptor.size }, subject), descriptor, subject);
  } finally {
    closeSync(file);
  }
}

/** A small blob whole, checked. Throws `invalid` where it is larger than `limit` bytes. */
export function readBlob(
  layout: string,
  descriptor: Descriptor,
  { limit, called = layout }: { readonly limit: number | undefined; readonly called?: string },
): Promise<Uint8Array> {
  const subject = subjectOf(called, descriptor);
  return readWhole(() => openBlob(layout, descriptor, called), descriptor, { limit, subject });
}

/** Writes a stream into a new file, mode 0644, and answers its size (bytes). The disk has it before this returns: an index must never name a blob that a loss of power takes. */
export async function writeBlob(path: string, bytes: Bytes, subject: string): Promise<number> {
  const file = onDisk(subject, room, () => openSync(path, 'wx', 0o644));
  try {
    const size = await writeSparse(file, bytes, { subject, room });
    onDisk(subject, 'a blob of mode 0644', () => fchmodSync(file, 0o644));
    await fsynced(file, subject, room);
    return size;
  } finally {
    closeSync(file);
  }
}

/** Writes a stream into a new file and answers the digest and the size that it had. */
export async function writeNewBlob(path: string, bytes: Bytes, subject: string): Promise<StoredBlob> {
  const hasher = nodeEngine.createHash('sha256');
  const size = await writeBlob(path, hashed(bytes, hasher), subject);
  return { digest: `sha256:${hasher.digest()}`, size };
}
