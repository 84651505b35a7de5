import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { invalid, notFound } from '../errors.ts';
import { findEntry } from '../graph/find-entry.ts';
import { type PickedImage, pickImage } from '../graph/pick-image.ts';
import type { ImageSource, ImageStore } from '../graph/source.ts';
import type { Descriptor, Platform } from '../spec/objects.ts';
import { onDisk } from './disk/system-error.ts';
import { checkOperand, type ImagePlace, parseImagePlace } from './image-place.ts';
import { isDirectory, openSource, openStore } from './open-source.ts';

export { type ImagePlace, parseImagePlace } from './image-place.ts';
export { createLayout } from './layout/create-layout.ts';
export { openLayout } from './layout/layout.ts';
export { isFile, openSource, openToCopy } from './open-source.ts';

/** An open place and the descriptor that an operand names in it: an entry of its index, or by digest one nested below. */
export interface NamedImage {
  readonly source: ImageSource;
  readonly named: Descriptor;
}

export interface OpenedImage extends NamedImage, PickedImage {}

/** What an operand that may be a root filesystem is. */
export type Place =
  | { readonly kind: 'image' }
  | { readonly kind: 'bundle'; readonly directory: string }
  | { readonly kind: 'rootfs'; readonly directory: string }
  | { readonly kind: 'tar'; readonly path: string };

/**
 * Opens the place that `[KIND:]PATH[:NAME][@DIGEST]` names and finds the entry. Without a name: the only image, else `latest`.
 * Throws `usage`, `not-found`, `invalid`, and `unsupported` for archives that ocikit does not read.
 */
export async function openNamed(text: string): Promise<NamedImage> {
  const place = parseImagePlace(text, 'read');
  const source = await openSource(place);
  return { source, named: await findEntry(source, (await source.index()).value, place) };
}

/** The same in a layout whose index is to be changed. Throws `unsupported` for an archive. */
export async function openNamedStore(text: string): Promise<NamedImage & { readonly store: ImageStore }> {
  const place = parseImagePlace(text, 'read');
  const store = await openStore(place);
  return { source: store, store, named: await findEntry(store, (await store.index()).value, place) };
}

/** Opens an image for reading: its manifest and config, checked; in a multi-platform image those that `platform` picks. Throws as `openNamed` and `pickImage` do. */
export async function openImage(
  text: string,
  options: { readonly platform?: string; readonly hostPlatform?: Platform } = {},
): Promise<OpenedImage> {
  const { source, named } = await openNamed(text);
  return { source, named, ...(await pickImage(source, named, { ...options, subject: text })) };
}

/** Tells a directory by what lies in it. Throws `invalid` for a layout that lacks a part. */
function directoryPlace(directory: string): Place {
  const has = (name: string): boolean => existsSync(join(directory, name));
  onDisk(directory, 'a directory that can be read', () => closeSync(openSync(directory, 'r')));
  if (has('oci-layout')) return { kind: 'image' };
  if (has('ocikit.json') && has('rootfs')) return { kind: 'bundle', directory };
  if (!has('index.json') || !has('blobs')) return { kind: 'rootfs', directory };
  throw invalid(directory, 'an image layout', 'a directory without the file oci-layout');
}

/** Tells a file by the members of its tar; what is compressed with what ocikit does not read can only be a tar. */
async function filePlace(path: string): Promise<Place> {
  const { archiveKindOf } = await import('./archive/archive.ts');
  return (await archiveKindOf(path)) === undefined ? { kind: 'tar', path } : { kind: 'image' };
}

/** A root filesystem that the user says is one, whatever it looks like. */
function rootfsAt(path: string, kind: 'rootfs' | 'tar'): Place {
  const expected = kind === 'tar' ? 'a tar file' : 'a directory';
  if (!existsSync(path)) throw notFound(path, expected);
  if (isDirectory(path) !== (kind === 'rootfs'))
    throw invalid(path, expected, kind === 'tar' ? 'a directory' : 'a file');
  return kind === 'tar' ? { kind, path } : { kind, directory: path };
}

/**
 * What an operand `ROOTFS|IMAGE` is: an image in a layout or an archive; a bundle (a directory that `unpack --bundle` wrote);
 * any other directory or tar, which is a root filesystem. Throws `not-found` and `invalid`.
 */
export async function openPlace(text: string): Promise<Place> {
  checkOperand(text);
  if (text.startsWith('rootfs:')) return rootfsAt(text.slice('rootfs:'.length), 'rootfs');
  if (text.startsWith('tar:')) return rootfsAt(text.slice('tar:'.length), 'tar');
  const { kind, path, name, digest } = existsSync(text)
    ? ({ path: text } as ImagePlace)
    : parseImagePlace(text, 'read');
  if (kind !== undefined) return { kind: 'image' };
  if (!existsSync(path)) throw notFound(path, 'an image or a root filesystem');
  const place = isDirectory(path) ? directoryPlace(path) : await filePlace(path);
  if (place.kind === 'image' || (name === undefined && digest === undefined)) return place;
  throw invalid(
    path,
    'an image layout or an image archive',
    place.kind === 'tar' ? 'a tar without images' : 'a directory without the file oci-layout',
  );
}
