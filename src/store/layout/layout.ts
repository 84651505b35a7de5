import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { invalid, notFound } from '../../errors.ts';
import type { ImageStore } from '../../graph/source.ts';
import { headerLimit, indexLimit } from '../../limits.ts';
import { checkDocument } from '../../schema/check-document.ts';
import { digestOf } from '../../spec/digest.ts';
import { encodeDocument, parseJson } from '../../spec/document.ts';
import { mediaTypes } from '../../spec/media-type.ts';
import type { Document, ImageIndex } from '../../spec/objects.ts';
import { parseIndex, parseLayoutHeader } from '../../spec/parse.ts';
import type { Work } from '../../stream/pace.ts';
import { syncDirectory } from '../disk/atomic.ts';
import { onDisk } from '../disk/system-error.ts';
import { fileOfBlob, hasBlob, openBlob, readBlob } from './blobs.ts';
import { withIncoming } from './incoming.ts';
import { type Replace, underLock } from './lock.ts';

/** Reads a file of the layout that must be there, be regular and be small. */
function readPart(path: string, limit: number): Uint8Array {
  return onDisk(path, 'a file that can be read', () => {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = fstatSync(file);
      if (!found.isFile()) throw invalid(path, 'a regular file', 'something else');
      if (found.size > limit) throw invalid(path, `a size of at most ${limit} bytes`, `${found.size}`);
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  });
}

/** The index of a layout as it is now. */
export function readIndexFile(layout: string): Document<ImageIndex> {
  const path = join(layout, 'index.json');
  const bytes = readPart(path, indexLimit);
  const value = parseIndex(parseJson(bytes, path), path);
  const mediaType = value.mediaType ?? mediaTypes.index;
  return { value, bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}

export function encodeIndex(index: ImageIndex): Document<ImageIndex> {
  return encodeDocument(index, index.mediaType ?? mediaTypes.index);
}

/**
 * An index after a change. What is new in it follows the schema; what was there stays there, whatever is wrong with it.
 * Throws `invalid`.
 */
export function changedIndex(
  before: ImageIndex,
  change: (index: ImageIndex) => ImageIndex,
  layout: string,
): Document<ImageIndex> {
  const after = change(before);
  const known = new Set(before.manifests.map(({ digest }) => digest));
  for (const entry of after.manifests)
    if (!known.has(entry.digest))
      checkDocument('descriptor', entry, { subject: `${layout}: index.json ${entry.digest}` });
  return encodeIndex(after);
}

/**
 * Changes the index of a layout whose lock is held; `arrive` is done when all that can go wrong but the rename has gone well. An
 * index that the function did not change is not written, however it is spelled.
 */
export function changeIndex(
  layout: string,
  change: (index: ImageIndex) => ImageIndex,
  { replace, arrive = () => undefined }: { readonly replace: Replace; readonly arrive?: () => void },
): Document<ImageIndex> {
  const before = readIndexFile(layout);
  const after = changedIndex(before.value, change, layout);
  if (Buffer.compare(after.bytes, encodeIndex(before.value).bytes) === 0) {
    arrive();
    return before;
  }
  replace(join(layout, 'index.json'), after.bytes, arrive);
  syncDirectory(layout);
  return after;
}

function storeAt(path: string, work: Pick<Work, 'signal'>): ImageStore {
  return {
    subject: path,
    index: async () => readIndexFile(path),
    has: async descriptor => hasBlob(path, descriptor),
    open: descriptor => openBlob(path, descriptor),
    read: (descriptor, limit) => readBlob(path, descriptor, limit),
    fileOf: descriptor => fileOfBlob(path, descriptor),
    put: bytes => withIncoming(path, blobs => blobs.put(bytes)),
    bring: (source, descriptor) => withIncoming(path, blobs => blobs.bring(source, descriptor)),
    updateIndex: change => underLock(path, replace => changeIndex(path, change, { replace }), work),
  };
}

function checkDirectory(path: string): void {
  const found = onDisk(path, 'an image layout', () => statSync(path, { throwIfNoEntry: false }));
  if (found === undefined) throw notFound(path, 'an image layout');
  if (!found.isDirectory()) throw invalid(path, 'an image layout (a directory)', 'a file');
}

/** An open layout, and its index as it was when it was opened. */
export interface OpenedLayout {
  readonly store: ImageStore;
  readonly index: Document<ImageIndex>;
}

/**
 * Opens the image layout in a directory (image-spec image-layout.md). Files that the spec does not know are ignored.
 * A signal ends what waits for the lock. Throws `not-found` where nothing is there, and `invalid` where `oci-layout` or `index.json` is missing or damaged.
 */
export async function openLayoutNow(path: string, work: Pick<Work, 'signal'> = {}): Promise<OpenedLayout> {
  checkDirectory(path);
  const headerPath = join(path, 'oci-layout');
  for (const part of ['oci-layout', 'index.json']) {
    const isThere = statSync(join(path, part), { throwIfNoEntry: false }) !== undefined;
    if (!isThere) throw invalid(path, 'an image layout', `a directory without the file ${part}`);
  }
  parseLayoutHeader(parseJson(readPart(headerPath, headerLimit), headerPath), headerPath);
  return { store: storeAt(path, work), index: readIndexFile(path) };
}

/** The store alone. Throws as `openLayoutNow`. */
export async function openLayout(path: string, work: Pick<Work, 'signal'> = {}): Promise<ImageStore> {
  return (await openLayoutNow(path, work)).store;
}
