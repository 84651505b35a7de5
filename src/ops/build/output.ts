import { jsonText } from '../../spec/document.ts';
import type { Descriptor } from '../../spec/objects.ts';
import { archiveMode, writeFileAtomic } from '../../store/disk/file-target.ts';
import { once } from '../../stream/once.ts';
import type { Work } from '../options.ts';
import type { BuildOptions, BuildOutput, BuildResult } from './options.ts';

/** Writes an image of a layout as docker's `--output` has it. Throws as copy, export and cp, which only this loads. */
export async function writeOutput(image: string, output: BuildOutput, work: Work): Promise<readonly string[]> {
  const { kind, path, name } = output;
  if (kind === 'tar') {
    const { exportImage } = await import('../export-image.ts');
    return (await exportImage(image, path, work)).warnings;
  }
  if (kind === 'local') {
    const { cp } = await import('../cp.ts');
    return (await cp({ rootfs: image, path: '/' }, path, { ...work, merge: true })).warnings;
  }
  const to = { kind: `${kind}-archive` as const, path, ...(name === undefined ? {} : { name }) };
  const { copy } = await import('../copy.ts');
  return (await copy(image, to, { ...work, all: true })).warnings;
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
