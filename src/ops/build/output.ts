import { jsonText } from '../../spec/document.ts';
import { nameAnnotations, nameOf, withoutNames } from '../../spec/name.ts';
import type { Descriptor } from '../../spec/objects.ts';
import { archiveMode, writeFileAtomic } from '../../store/disk/file-target.ts';
import { OpenPlaces, openNamed } from '../../store/open-operand.ts';
import { once } from '../../stream/once.ts';
import type { ArchiveRoot } from '../archive-plan.ts';
import type { Work } from '../options.ts';
import type { Archived } from '../saved-name.ts';
import type { ArchivePlace } from '../write-image-archive.ts';
import type { BuildOptions, BuildOutput, BuildResult } from './options.ts';
import { type BuildPlace, lasting } from './places.ts';

/** Writes the image that is named so in the first of the places, as docker's `--output` has it. Throws as save, export and cp, which only this loads. */
export async function writeOutput(
  image: string,
  output: BuildOutput,
  { places, work }: { readonly places: readonly BuildPlace[]; readonly work: Work },
): Promise<readonly string[]> {
  const { kind, path } = output;
  if (kind === 'tar') {
    const { exportImage } = await import('../export-image.ts');
    return (await exportImage(image, path, work)).warnings;
  }
  if (kind === 'local') {
    const { cp } = await import('../cp.ts');
    return (await cp({ rootfs: image, path: '/' }, path, { ...work, merge: true })).warnings;
  }
  // A file that is there is replaced, as a tar of files does; a pipe or an open file is written to.
  const { archiveRoot, writeImageArchive } = await import('../write-image-archive.ts');
  const { source, named: entry } = await openNamed(image, new OpenPlaces(work));
  const to: ArchivePlace = {
    kind: `${kind}-archive`,
    path,
    ...(output.name === undefined ? {} : { name: output.name }),
  };
  const roots = new Map<string | undefined, ArchiveRoot>();
  for (const naming of namings(entry, output, places)) {
    const root = archiveRoot(source, { entry, ...naming }, to);
    roots.set(nameOf(root.entry), root);
  }
  return writeImageArchive(to, [...roots.values()], work);
}

/** How an archive may call an image: by the name that is said, else by each that it has in layouts that stay, else not at all. */
function namings(
  entry: Descriptor,
  { path, name }: BuildOutput,
  places: readonly BuildPlace[],
): readonly Pick<Archived, 'named' | 'place'>[] {
  const asked = { named: withoutNames(entry), place: { path } };
  if (name !== undefined) return [asked];
  const own = lasting(places).flatMap(place =>
    place.names.map(text => ({ named: { ...entry, annotations: nameAnnotations(text) }, place: { path: place.path } })),
  );
  return own.length > 0 ? own : [asked];
}

/** The files that say what was made: the image ID alone, and buildx's metadata. */
export async function writeReports(
  { images, names }: BuildResult,
  root: Descriptor,
  { iidFile, metadataFile, signal }: Pick<BuildOptions, 'iidFile' | 'metadataFile' | 'signal'>,
): Promise<void> {
  const write = (path: string, text: string): Promise<void> =>
    writeFileAtomic(path, once(new TextEncoder().encode(text)), { mode: archiveMode | 0o044, signal });
  const [first] = images;
  if (iidFile !== undefined) await write(iidFile, (images.length > 1 ? root.digest : first?.imageID) ?? '');
  if (metadataFile === undefined) return;
  const metadata = {
    ...(images.length > 1 || first === undefined ? {} : { 'containerimage.config.digest': first.imageID }),
    'containerimage.descriptor': root,
    'containerimage.digest': root.digest,
    ...(names.length === 0 ? {} : { 'image.name': names.join(',') }),
  };
  await write(metadataFile, `${jsonText(metadata, '  ')}\n`);
}
