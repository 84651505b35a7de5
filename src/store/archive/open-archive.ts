import type { Bytes } from '../../engine/engine.ts';
import { OciError } from '../../errors.ts';
import type { ImageSource } from '../../graph/source.ts';
import type { Work } from '../../stream/pace.ts';
import { stoppable } from '../../stream/stoppable.ts';
import type { ImagePlace } from '../image-place.ts';
import { compressionOfFile, fileReader, kindOf, openArchive } from './archive.ts';
import { openOciArchive } from './oci-archive.ts';
import { spoolArchive } from './spool.ts';
import { openDockerPart, openUniversalArchive } from './universal-archive.ts';

type Kind = NonNullable<ImagePlace['kind']>;

/** A place whose blobs are all to be read; `close` removes what was written for it. */
export interface OpenedSource {
  readonly source: ImageSource;
  close(): void;
}

/** The images of an archive; `kind` where the user said which of its two forms counts. */
export async function openArchiveSource(
  path: string,
  options: { readonly kind?: Kind | undefined; readonly subject?: string; readonly work?: Work } = {},
): Promise<ImageSource> {
  const { subject = path, work = {} } = options;
  const archive = await openArchive(path, subject, work);
  if (options.kind === undefined && kindOf(archive) === 'oci-archive') return openUniversalArchive(archive);
  const found = options.kind ?? kindOf(archive);
  if (found === 'oci-archive') return openOciArchive(archive);
  if (found === 'docker-archive') return openDockerPart(archive);
  throw new OciError('invalid', subject, 'expected an image archive, got a tar without oci-layout and manifest.json', {
    hint: '`ocikit import` makes an image of a root filesystem tar',
  });
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
  return openSpooled(stoppable(bytes, work.signal), { layout, subject: 'stdin', work });
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
