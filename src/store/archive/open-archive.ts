import type { Bytes } from '../../engine/engine.ts';
import { OciError } from '../../errors.ts';
import type { ImageSource } from '../../graph/source.ts';
import type { Work } from '../../stream/pace.ts';
import type { ImagePlace } from '../image-place.ts';
import { type Archive, compressionOfFile, fileReader, openArchive, openIfArchive } from './archive.ts';
import { openOciArchive } from './oci-archive.ts';
import { spoolArchive } from './spool.ts';
import { openDockerPart, openUniversalArchive } from './universal-archive.ts';

type Kind = NonNullable<ImagePlace['kind']>;

/** A place whose blobs are all to be read; `close` removes what was written for it. */
export interface OpenedSource {
  readonly source: ImageSource;
  close(): void;
}

async function imagesOf(archive: Archive, said?: Kind): Promise<ImageSource> {
  if (said === undefined && archive.kind === 'oci-archive') return openUniversalArchive(archive);
  const kind = said ?? archive.kind;
  if (kind === 'oci-archive') return openOciArchive(archive);
  if (kind === 'docker-archive') return openDockerPart(archive);
  const got = 'got a tar without oci-layout and manifest.json';
  throw new OciError('invalid', archive.subject, `expected an image archive, ${got}`, {
    hint: '`ocikit import` makes an image of a root filesystem tar',
  });
}

/** The images of an archive; `kind` where the user said which of its two forms counts. */
export async function openArchiveSource(
  path: string,
  options: { readonly kind?: Kind | undefined; readonly subject?: string; readonly work?: Work } = {},
): Promise<ImageSource> {
  const { subject = path, work = {} } = options;
  return imagesOf(await openArchive(path, subject, work), options.kind);
}

/** The images of a tar; undefined where it holds none. */
export async function openSourceIfAny(path: string, work: Work): Promise<ImageSource | undefined> {
  const archive = await openIfArchive(path, work);
  return archive && imagesOf(archive);
}

async function openSpooled(
  bytes: Bytes,
  options: { readonly layout: string; readonly subject: string; readonly kind?: Kind | undefined; readonly work: Work },
): Promise<OpenedSource> {
  const spool = await spoolArchive(bytes, options);
  try {
    return { source: await openArchiveSource(spool.file, options), close: spool.removeNow };
  } catch (error) {
    spool.removeNow();
    throw error;
  }
}

/** Opens a stream of an archive to copy it into `layout`: it is written beside the layout first, decompressed. */
export function openArchiveStream(bytes: Bytes, layout: string, work: Work): Promise<OpenedSource> {
  return openSpooled(bytes, { layout, subject: 'stdin', work });
}

/** Opens an archive to copy it into `layout`. One that is compressed as a whole is written beside the layout first, decompressed. */
export async function openArchiveFile(
  { kind, path }: Pick<ImagePlace, 'kind' | 'path'>,
  layout: string,
  work: Work,
): Promise<OpenedSource> {
  if (compressionOfFile(path) !== 'none') return openSpooled(fileReader(path)(), { layout, subject: path, kind, work });
  return { source: await openArchiveSource(path, { kind, work }), close: () => undefined };
}
