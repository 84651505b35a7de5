import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { invalid, notFound, unsupported } from '../errors.ts';
import type { Descriptor, Platform } from '../spec/objects.ts';
import { findEntry } from './find-entry.ts';
import { checkOperand, type ImagePlace, parseImagePlace } from './image-place.ts';
import { openLayout } from './layout.ts';
import { type PickedImage, pickImage } from './pick-image.ts';
import type { ImageStore } from './place.ts';
import { onDisk } from './system-error.ts';

export { createLayout } from './create-layout.ts';
export { type ImagePlace, parseImagePlace } from './image-place.ts';
export { openLayout } from './layout.ts';
export { openForWriting, type WritableLayout } from './new-layout.ts';

/** An open layout and the descriptor that an operand names in it: an entry of its index, or by digest one nested below. */
export interface NamedImage {
  readonly store: ImageStore;
  readonly named: Descriptor;
}

export interface OpenedImage extends NamedImage, PickedImage {}

/** What an operand that may be a root filesystem is. */
export type Place =
  | ({ readonly kind: 'layout' } & Omit<ImagePlace, 'kind'>)
  | { readonly kind: 'bundle'; readonly directory: string }
  | { readonly kind: 'rootfs'; readonly directory: string };

const isDirectory = (path: string): boolean =>
  onDisk(path, 'a path that can be looked at', () => statSync(path, { throwIfNoEntry: false }))?.isDirectory() === true;

/** Opens a layout for an operand. Throws `unsupported` for an archive. */
async function openPlaceStore(place: ImagePlace, text: string): Promise<ImageStore> {
  if (place.kind !== undefined && place.kind !== 'oci') {
    throw unsupported(text, 'an image layout (a directory)', `the kind ${place.kind}`);
  }
  if (existsSync(place.path) && !isDirectory(place.path)) {
    throw unsupported(place.path, 'an image layout (a directory)', 'a file');
  }
  return openLayout(place.path);
}

/**
 * Opens the layout that `[KIND:]PATH[:NAME][@DIGEST]` names and finds the entry. Without a name: the only image, else `latest`.
 * Throws `usage`, `not-found`, `invalid`, and `unsupported` for archives.
 */
export async function openNamed(text: string): Promise<NamedImage> {
  const place = parseImagePlace(text, 'read');
  const store = await openPlaceStore(place, text);
  return { store, named: await findEntry(store, (await store.index()).value, place) };
}

/** Opens an image for reading: its manifest and config, checked; in a multi-platform image those that `platform` picks. Throws as `openNamed` and `pickImage` do. */
export async function openImage(
  text: string,
  options: { readonly platform?: string; readonly hostPlatform?: Platform } = {},
): Promise<OpenedImage> {
  const { store, named } = await openNamed(text);
  return { store, named, ...(await pickImage(store, named, { ...options, subject: text })) };
}

/** Tells a directory by what lies in it. Throws `invalid` for a layout that lacks a part. */
function placeOf(directory: string): Place {
  const has = (name: string): boolean => existsSync(join(directory, name));
  onDisk(directory, 'a directory that can be read', () => closeSync(openSync(directory, 'r')));
  if (has('oci-layout')) return { kind: 'layout', path: directory };
  if (has('ocikit.json') && has('rootfs')) return { kind: 'bundle', directory };
  if (!has('index.json') || !has('blobs')) return { kind: 'rootfs', directory };
  throw invalid(directory, 'an image layout', 'a directory without the file oci-layout');
}

/** A directory that `rootfs:` says is a root filesystem, whatever it looks like. */
function rootfsAt(directory: string): Place {
  if (!existsSync(directory)) throw notFound(directory, 'a directory');
  if (isDirectory(directory)) return { kind: 'rootfs', directory };
  throw unsupported(directory, 'a directory', 'a file');
}

/**
 * What an operand `ROOTFS|IMAGE` is: a bundle (a directory that `unpack --bundle` wrote), an image in a layout, or any
 * other directory, which is a root filesystem. Throws `not-found`, `invalid`, and `unsupported` for tar files and archives.
 */
export function openPlace(text: string): Place {
  checkOperand(text);
  if (text.startsWith('rootfs:')) return rootfsAt(text.slice('rootfs:'.length));
  if (text.startsWith('tar:')) throw unsupported(text, 'an image layout or a directory', 'the kind tar');
  if (isDirectory(text)) return placeOf(text);
  const { kind, ...place } = parseImagePlace(text, 'read');
  if (kind !== undefined && kind !== 'oci')
    throw unsupported(text, 'an image layout or a directory', `the kind ${kind}`);
  if (!existsSync(place.path)) throw notFound(place.path, 'an image layout or a directory');
  if (!isDirectory(place.path)) throw unsupported(place.path, 'an image layout or a directory', 'a file');
  const found = kind === 'oci' ? undefined : placeOf(place.path);
  if (found !== undefined && found.kind !== 'layout') {
    throw invalid(place.path, 'an image layout', `a directory without the file oci-layout`);
  }
  return { kind: 'layout', ...place };
}
