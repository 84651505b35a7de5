import { OciError } from '../errors.ts';
import type { ImageSource } from '../graph/source.ts';
import { archiveMode, writeFileAtomic } from '../store/disk/file-target.ts';
import { isFile } from '../store/open-source.ts';
import { drain } from '../stream/drain.ts';
import { flow } from '../stream/flow.ts';
import type { Work } from '../stream/pace.ts';
import { type ArchiveRoot, planArchive } from './archive-plan.ts';
import { type Archived, archivedEntry } from './saved-name.ts';

/** An archive that is to be written: `universal` is what `save` writes, which every engine takes. */
export interface ArchivePlace {
  readonly kind: 'oci-archive' | 'docker-archive' | 'universal';
  readonly path: string;
  /** The image's own where it is absent. */
  readonly name?: string;
}

const formats = { 'oci-archive': 'oci', 'docker-archive': 'docker', universal: 'universal' } as const;

/** Throws `conflict` where a file is in the way: only what is asked to replaces one. */
export function checkFree(path: string): void {
  if (isFile(path))
    throw new OciError('conflict', path, 'expected a layout or a new file, got one that is there already', {
      hint: '`ocikit save -o` replaces an archive',
    });
}

/** A result as an archive lists it, under the name that its place says or its own. */
export function archiveRoot(source: ImageSource, archived: Archived, { kind, name }: ArchivePlace): ArchiveRoot {
  return { source, ...archivedEntry(kind, archived, name) };
}

/** Writes images into a new archive, or only reads all that would be in it; answers what there is to say. */
export async function writeImageArchive(
  { kind, path }: ArchivePlace,
  roots: readonly ArchiveRoot[],
  options: { readonly dryRun?: boolean | undefined } & Pick<Work, 'signal'>,
): Promise<readonly string[]> {
  // Most results go into layouts, and would wait for the package that it stands on.
  const { writeArchive } = await import('../store/archive/write-archive.ts');
  const plan = await planArchive(roots, formats[kind]);
  const bytes = flow(writeArchive(plan.entries), { signal: options.signal });
  if (options.dryRun === true) await drain(bytes);
  else await writeFileAtomic(path, bytes, { mode: archiveMode, signal: options.signal });
  return plan.warnings;
}
