import type { Bytes } from '../engine/engine.ts';
import { usage } from '../errors.ts';
import { nameOf, withoutNames } from '../spec/name.ts';
import { sizeOf } from '../spec/sizes.ts';
import { writeArchive } from '../store/archive/write-archive.ts';
import { archiveMode, writeFileAtomic } from '../store/disk/file-target.ts';
import { type NamedImage, OpenPlaces, openNamed, pickNamed } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import { drain } from '../stream/drain.ts';
import { flow } from '../stream/flow.ts';
import { ownChunks } from '../stream/own-chunks.ts';
import { announce } from '../stream/pace.ts';
import { type ArchiveRoot, planArchive } from './archive-plan.ts';
import { checkCall } from './check-call.ts';
import type { SaveOptions } from './options.ts';
import type { SaveResult } from './results.ts';
import { savedEntry } from './saved-name.ts';
import { allOf, type Several } from './several.ts';

async function rootOf(opened: NamedImage, { platform }: SaveOptions): Promise<ArchiveRoot> {
  const { source, named } = opened;
  const { path, digest } = opened.place;
  // An image that is asked for by its digest goes without the names that it may have.
  const entry = digest === undefined ? named : withoutNames(named);
  if (platform === undefined) return { source, ...savedEntry(entry, path) };
  const { descriptor } = await pickNamed(opened, { platform });
  const annotations = entry.annotations === undefined ? {} : { annotations: entry.annotations };
  return { source, ...savedEntry({ ...descriptor, ...annotations }, path) };
}

async function rootsOf(images: readonly ImageOperand[], options: SaveOptions): Promise<readonly ArchiveRoot[]> {
  if (images.length === 0) throw usage('save', 'expected an IMAGE, got none');
  const roots = new Map<string, ArchiveRoot>();
  const places = new OpenPlaces(options);
  for (const image of images) {
    const root = await rootOf(await openNamed(image, places), options);
    roots.set(`${root.entry.digest} ${nameOf(root.entry) ?? ''}`, root);
  }
  return [...roots.values()];
}

async function openArchive(
  images: Several<ImageOperand>,
  options: SaveOptions,
): Promise<SaveResult & { readonly bytes: Bytes }> {
  const roots = await rootsOf(allOf(images), options);
  const plan = await planArchive(roots, options.format ?? 'universal');
  // What docker's own form costs is said where its layers are measured.
  if (options.format !== 'docker') announce(options, 'saving', sizeOf(plan.entries));
  return {
    images: roots.map(({ entry, name }) => ({ name: name ?? nameOf(entry) ?? null, digest: entry.digest })),
    warnings: plan.warnings,
    bytes: flow(writeArchive(plan.entries), { signal: options.signal }),
  };
}

/**
 * Images as one tar that `docker load`, `podman load`, `ctr images import` and skopeo take; the same bytes each time. What is
 * in it is decided and checked before the stream begins; blobs are checked as they pass, and the stream ends with an error
 * where one is damaged.
 */
export async function saveStream(
  images: Several<ImageOperand>,
  options: SaveOptions = {},
): Promise<SaveResult & { readonly bytes: Bytes }> {
  checkCall('saveStream', { images: ['operands', images] }, options);
  const { bytes, ...result } = await openArchive(images, options);
  return { ...result, bytes: ownChunks(bytes) };
}

/** The same into a file (mode 0600), which is there whole or not at all. */
export async function save(
  images: Several<ImageOperand>,
  file: string,
  options: SaveOptions = {},
): Promise<SaveResult> {
  checkCall('save', { images: ['operands', images], file: ['target', file] }, options);
  const { bytes, ...result } = await openArchive(images, options);
  if (options.dryRun === true) await drain(bytes);
  else await writeFileAtomic(file, bytes, { mode: archiveMode, signal: options.signal });
  return result;
}
