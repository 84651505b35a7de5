import { existsSync, statSync } from 'node:fs';
import type { Bytes } from '../engine/engine.ts';
import { unsupported } from '../errors.ts';
import type { ImageSource, ImageStore } from '../graph/source.ts';
import type { OpenedSource } from './archive/open-archive.ts';
import { onDisk } from './disk/system-error.ts';
import type { ImagePlace } from './image-place.ts';
import { openLayout } from './layout/layout.ts';

type Located = Pick<ImagePlace, 'kind' | 'path'>;

/** Whether a path is a directory; false where nothing is there. */
export const isDirectory = (path: string): boolean =>
  onDisk(path, 'a path that can be looked at', () => statSync(path, { throwIfNoEntry: false }))?.isDirectory() === true;

/** Whether something is there that is no directory. */
export const isFile = (path: string): boolean => existsSync(path) && !isDirectory(path);

const isLayout = ({ kind, path }: Located): boolean =>
  kind === 'oci' || !existsSync(path) || (kind === undefined && isDirectory(path));

/** What reads archives is loaded when there is one: most commands meet none, and would wait for it. */
const archives = (): Promise<typeof import('./archive/open-archive.ts')> => import('./archive/open-archive.ts');

/** Opens the layout or archive that a place names, for reading. Throws `not-found`, `invalid` and `unsupported`. */
export async function openSource(place: Located): Promise<ImageSource> {
  if (isLayout(place)) return openLayout(place.path);
  return (await archives()).openArchiveSource(place.path, place.kind);
}

/** Opens the layout that a place names, to change it. Throws `unsupported` for an archive. */
export async function openStore({ kind, path }: Located): Promise<ImageStore> {
  if (isFile(path) || (kind !== undefined && kind !== 'oci'))
    throw unsupported(path, 'an image layout (a directory)', 'an archive', '`ocikit load` makes a layout of it');
  return openLayout(path);
}

/** Opens a place, or a stream of an archive, to copy it into `layout`. Throws as `openSource`. */
export async function openToCopy(from: Located | Bytes, layout: string): Promise<OpenedSource> {
  if (!('path' in from)) return (await archives()).openArchiveStream(from, layout);
  if (isLayout(from)) return { source: await openLayout(from.path), close: () => undefined };
  return (await archives()).openArchiveFile(from, layout);
}
