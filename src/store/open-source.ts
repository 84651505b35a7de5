import { existsSync, realpathSync, statSync } from 'node:fs';
import type { Bytes } from '../engine/engine.ts';
import { notFound, OciError, unsupported } from '../errors.ts';
import { flowSource } from '../graph/flow-source.ts';
import type { ImageSource } from '../graph/source.ts';
import type { Document, ImageIndex } from '../spec/objects.ts';
import type { Work } from '../stream/pace.ts';
import { onDisk } from './disk/system-error.ts';
import { archiveName, registryHint } from './elsewhere.ts';
import type { ImagePlace } from './image-place.ts';
import { bareLayout, isBareLayout, type OpenedLayout, openLayoutNow } from './layout/layout.ts';

type Located = Pick<ImagePlace, 'kind' | 'path' | 'name'>;

/** A place that is open to be read: whoever asks for its index gets the one that was there when it was opened. */
export interface OpenedSource {
  readonly source: ImageSource;
  readonly index: Document<ImageIndex>;
}

/** Whether a path is a directory; false where nothing is there. */
export const isDirectory = (path: string): boolean =>
  onDisk(path, 'a path that can be looked at', () => statSync(path, { throwIfNoEntry: false }))?.isDirectory() === true;

/** Whether something is there that is no directory. */
export const isFile = (path: string): boolean => existsSync(path) && !isDirectory(path);

const isLayout = ({ kind, path }: Located): boolean =>
  kind === 'oci' || !existsSync(path) || (kind === undefined && isDirectory(path));

/** What reads archives is loaded when there is one: most commands meet none, and would wait for it. */
const archives = (): Promise<typeof import('./archive/open-archive.ts')> => import('./archive/open-archive.ts');

/** Opens a layout; where nothing is there, it says what was meant, and what to do about a name in a registry. */
async function openNow(place: Located, work: Work = {}): Promise<OpenedLayout> {
  try {
    return await openLayoutNow(place.path, work);
  } catch (error) {
    const isAbsent = error instanceof OciError && error.code === 'not-found' && error.subject === place.path;
    if (!isAbsent || error.hint !== undefined) throw error;
    const expected = archiveName.test(place.path) ? 'an image archive' : 'an image layout';
    throw notFound(place.path, expected, registryHint(place));
  }
}

async function openSourceOf(place: Located, work: Work): Promise<OpenedSource> {
  work.signal?.throwIfAborted();
  const { store, index } = await openNow(place);
  return { source: flowSource({ ...store, index: async () => index }, work), index };
}

const flowing = async (source: ImageSource, work: Work): Promise<OpenedSource> => ({
  source: flowSource(source, work),
  index: await source.index(),
});

/**
 * Opens the layout or archive that a place names, for one run of a verb: `work` is what watches and stops it. Throws `not-found`,
 * `invalid` and `unsupported`.
 */
export async function openSource(place: Located, work: Work = {}): Promise<OpenedSource> {
  if (isLayout(place)) return openSourceOf(place, work);
  const { openArchiveSource } = await archives();
  return flowing(await openArchiveSource(place.path, { kind: place.kind, work }), work);
}

/** The same of a file that may be any tar; undefined where it holds no images. */
export async function openSourceIfAny(path: string, work: Work = {}): Promise<OpenedSource | undefined> {
  const { openSourceIfAny: open } = await archives();
  const source = await open(path, work);
  return source && flowing(source, work);
}

/** Opens the layout that a place names, to change it. Throws `unsupported` for an archive. */
export async function openStore(place: Located, work: Work = {}): Promise<OpenedLayout> {
  const { kind, path } = place;
  if (isFile(path) || (kind !== undefined && kind !== 'oci'))
    throw unsupported(path, 'an image layout (a directory)', 'an archive', {
      hint: '`ocikit load` makes a layout of it',
    });
  if (isBareLayout(path)) throw bareLayout(path);
  return openNow(place, work);
}

/** Opens a place, or a stream of an archive, to copy it into `layout`; `close` removes what was written for it. Throws as `openSource`. */
export async function openToCopy(
  from: Located | Bytes,
  layout: string,
  work: Work = {},
): Promise<OpenedSource & { readonly close: () => void }> {
  const isStream = Symbol.asyncIterator in from;
  if (!isStream && isLayout(from)) return { ...(await openSourceOf(from, work)), close: () => undefined };
  const { openArchiveFile, openArchiveStream } = await archives();
  const opened = await (isStream ? openArchiveStream(from, layout, work) : openArchiveFile(from, layout, work));
  try {
    return { ...(await flowing(opened.source, work)), close: () => opened.close() };
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** One text for all spellings of a place. */
export function placeKey({ kind, path }: Located): string {
  const isThere = existsSync(path);
  return `${kind ?? ''} ${isThere ? onDisk(path, 'a path that can be looked at', () => realpathSync(path)) : path}`;
}
