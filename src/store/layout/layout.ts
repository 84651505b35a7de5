import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { invalid, notFound, OciError } from '../../errors.ts';
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
import { type Beat, type Replace, underLock } from './lock.ts';

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
  { replace, arrive = () => undefined }: { readonly replace: Replace; readonly arrive?: (beat?: Beat) => void },
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

function storeAt(path: string, warnings: readonly string[], work: Pick<Work, 'signal'>): ImageStore {
  return {
    subject: path,
    warnings,
    holdings: async () => (await import('./holdings.ts')).holdingsOf(path),
    index: async () => readIndexFile(path),
    has: async descriptor => hasBlob(path, descriptor),
    open: descriptor => openBlob(path, descriptor),
    read: (descriptor, limit) => readBlob(path, descriptor, { limit }),
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

const isThere = (path: string): boolean =>
  onDisk(path, 'a path that can be looked at', () => statSync(path, { throwIfNoEntry: false })) !== undefined;

/** Whether a directory is a layout in all but its header: docker-library and others publish such. */
export function isBareLayout(path: string): boolean {
  return !isThere(join(path, 'oci-layout')) && isThere(join(path, 'index.json')) && isThere(join(path, 'blobs'));
}

/** What a bare layout is to who would write to it: others would not read what is put there. */
export const bareLayout = (path: string): OciError =>
  new OciError('conflict', path, 'expected an image layout to write to, got one without the file oci-layout', {
    hint: `\`ocikit load ${path} LAYOUT\` makes a whole one of it`,
  });

/** Holds a layout to its header. Says so where a bare layout has none. Throws `invalid`. */
function checkHeader(path: string): readonly string[] {
  if (isBareLayout(path)) return [`${path}: no file oci-layout: read as an image layout without it`];
  for (const part of ['oci-layout', 'index.json'])
    if (!isThere(join(path, part))) throw invalid(path, 'an image layout', `a directory without the file ${part}`);
  const header = join(path, 'oci-layout');
  parseLayoutHeader(parseJson(readPart(header, headerLimit), header), header);
  return [];
}

/** An open layout, and its index as it was when it was opened. */
export interface OpenedLayout {
  readonly store: ImageStore;
  readonly index: Document<ImageIndex>;
}

/**
 * Opens the image layout in a directory (image-spec image-layout.md). Files that the spec does not know are ignored; where only
 * `oci-layout` is missing, the store's warnings say so. A signal ends what waits for the lock. Throws `not-found` where nothing
 * is there, and `invalid` where `index.json` is missing or a part is damaged.
 */
export async function openLayoutNow(path: string, work: Pick<Work, 'signal'> = {}): Promise<OpenedLayout> {
  checkDirectory(path);
  const warnings = checkHeader(path);
  return { store: storeAt(path, warnings, work), index: readIndexFile(path) };
}

/** The store alone. Throws as `openLayoutNow`. */
export async function openLayout(path: string, work: Pick<Work, 'signal'> = {}): Promise<ImageStore> {
  return (await openLayoutNow(path, work)).store;
}
