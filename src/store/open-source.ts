import { existsSync, statSync } from 'node:fs';
import type { Bytes } from '../engine/engine.ts';
import { OciError, unsupported } from '../errors.ts';
import { archiveKindOf, compressionOfFile, fileReader, openArchive } from './archive.ts';
import { openDockerArchive } from './docker-archive.ts';
import type { ImagePlace } from './image-place.ts';
import { openLayout } from './layout.ts';
import { openOciArchive } from './oci-archive.ts';
import type { ImageSource, ImageStore } from './place.ts';
import { spoolArchive } from './spool.ts';
import { onDisk } from './system-error.ts';

type Kind = NonNullable<ImagePlace['kind']>;

/** Whether a path is a directory; false where nothing is there. */
export const isDirectory = (path: string): boolean =>
  onDisk(path, 'a path that can be looked at', () => statSync(path, { throwIfNoEntry: false }))?.isDirectory() === true;

/** The images of an archive; `kind` where the user said which of its two forms counts. */
async function openArchiveSource(path: string, kind?: Kind, subject: string = path): Promise<ImageSource> {
  const found = kind ?? (await archiveKindOf(path, subject));
  if (found === 'oci-archive') return openOciArchive(await openArchive(path, subject));
  if (found === 'docker-archive') return openDockerArchive(await openArchive(path, subject));
  throw new OciError('invalid', subject, 'expected an image archive, got a tar without oci-layout and manifest.json', {
    hint: '`ocikit import` makes an image of a root filesystem tar',
  });
}

/** Whether something is there that is no directory. */
export const isFile = (path: string): boolean => existsSync(path) && !isDirectory(path);

/** Opens the layout or archive that a place names, for reading. Throws `not-found`, `invalid` and `unsupported`. */
export async function openSource({ kind, path }: Pick<ImagePlace, 'kind' | 'path'>): Promise<ImageSource> {
  const isLayout = kind === 'oci' || !existsSync(path) || (kind === undefined && isDirectory(path));
  return isLayout ? openLayout(path) : openArchiveSource(path, kind);
}

/** Opens the layout that a place names, to change it. Throws `unsupported` for an archive. */
export async function openStore({ kind, path }: Pick<ImagePlace, 'kind' | 'path'>): Promise<ImageStore> {
  if (isFile(path) || (kind !== undefined && kind !== 'oci'))
    throw unsupported(path, 'an image layout (a directory)', 'an archive', '`ocikit load` makes a layout of it');
  return openLayout(path);
}

/** A place whose blobs are all to be read; `close` removes what was written for it. */
export interface OpenedSource {
  readonly source: ImageSource;
  close(): void;
}

const nothing = (): void => undefined;

async function openSpooled(
  bytes: Bytes,
  options: { readonly layout: string; readonly subject: string; readonly kind?: Kind | undefined },
): Promise<OpenedSource> {
  const spool = await spoolArchive(bytes, options);
  try {
    return { source: await openArchiveSource(spool.file, options.kind, options.subject), close: spool.remove };
  } catch (error) {
    spool.remove();
    throw error;
  }
}

/**
 * Opens a place, or a stream of an archive, to copy it into `layout`. What cannot be sought in (a stream, an archive that is
 * compressed as a whole) is written beside the layout first, decompressed.
 */
export async function openToCopy(
  from: Pick<ImagePlace, 'kind' | 'path'> | Bytes,
  layout: string,
): Promise<OpenedSource> {
  if (!('path' in from)) return openSpooled(from, { layout, subject: 'stdin' });
  const { kind, path } = from;
  const isWhole = kind === 'oci' || !existsSync(path) || isDirectory(path) || compressionOfFile(path) === 'none';
  if (isWhole) return { source: await openSource(from), close: nothing };
  return openSpooled(fileReader(path)(), { layout, subject: path, kind });
}
