import { DockerfileError } from '../dockerfile/dockerfile-error.ts';
import type { Bytes } from '../engine/engine.ts';
import { OciError, usage } from '../errors.ts';
import { ListingCache } from '../graph/rootfs-image.ts';
import type { ImageStore } from '../graph/source.ts';
import { storeDocument } from '../graph/store-document.ts';
import { newIndex } from '../image/index-edit.ts';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import type { Descriptor, ImageIndex } from '../spec/objects.ts';
import { placeOfCopy } from '../store/disk/copy-place.ts';
import { checkFilePlace, kindOfTarget } from '../store/disk/file-target.ts';
import { checkReadable } from '../store/disk/input-file.ts';
import { isSaidBelow } from '../store/disk/path-below.ts';
import { openKeptListings } from '../store/kept-listings.ts';
import { withLayout, withScratchLayout } from '../store/layout/new-layout.ts';
import { OpenPlaces, openPlace } from '../store/open-operand.ts';
import { type ImageOperand, parseWholePlace } from '../store/parse-operand.ts';
import { memoized } from '../stream/memoized.ts';
import { allEnded } from './both.ts';
import { annotationsAt, checkAnnotations } from './build/annotations.ts';
import { checkAttestations, isAttested } from './build/attest.ts';
import { BuildCache } from './build/cache.ts';
import { type BuildContext, OpenContexts } from './build/context.ts';
import { type BuildInput, readInput } from './build/input.ts';
import { BuildLog } from './build/log.ts';
import type { BuildOptions, BuildResult } from './build/options.ts';
import { writeOutput, writeReports } from './build/output.ts';
import { type ContextPlace, openContextPlace } from './build/place.ts';
import { type BuildPlace, goalOf, layoutsOf, namePlaces, namesOf, parseBuildPlaces } from './build/places.ts';
import { annotated, buildPlatform, type Workshop } from './build/platform.ts';
import { type Prepared, prepareAll } from './build/prepare.ts';
import { checkRuns } from './build/run-check.ts';
import { pathOrBytes } from './call-kinds.ts';
import { checkCall } from './check-call.ts';
import { allOf, type Several } from './several.ts';

/**
 * Builds a Dockerfile, in any number of
 * stages, as BuildKit does, from a directory or a tar (a stream may be the Dockerfile alone) and from images in layouts and archives. Only RUN unpacks anything, and needs a runner. The image goes to
 * `images`, under each of their names; of several platforms it is an index. What a step made is found again by what it was made of. Throws `invalid`
 * (`DockerfileError`) where an instruction is wrong, `not-found` for a base or a source that is not there, `unsupported` for
 * RUN and for what is on the network, and `conflict` where a file changes while it is read.
 */
export async function build(
  context: string | Bytes,
  images: Several<ImageOperand>,
  options: BuildOptions = {},
): Promise<BuildResult> {
  checkCall('build', { context: [pathOrBytes, context], images: ['operands', images] }, options);
  const places = parseBuildPlaces(allOf(images));
  const beside = places[0]?.path ?? scratchOf(options);
  checkAttestations(options);
  for (const { file } of options.secrets ?? []) if (file !== undefined) checkReadable(file);
  checkAnnotations(options.annotations, { isIndex: (options.platforms?.length ?? 0) > 1 || isAttested(options) });
  if (beside === undefined) throw usage('images', 'expected LAYOUT[:NAME], or option output, got neither');
  const place = await openContextPlace(context, { layout: beside, work: options });
  try {
    if (places.length > 0) return await buildOut(place, places, options);
    return await withScratchLayout(beside, async ({ subject }) =>
      buildOut(place, [{ path: subject, names: ['latest'], isScratch: true }], options),
    );
  } finally {
    place.close();
  }
}

/** Beside what a build without a layout makes its own, for as long as it takes: its output, or in it where it is a directory that is there; a pipe's directory is nobody's room. */
function scratchOf({ output, dryRun, temporary = '/var/tmp' }: BuildOptions): string | undefined {
  if (output === undefined) return dryRun === true ? `${temporary}/image` : undefined;
  const { path } = output;
  return { file: path, directory: `${path}/image`, open: `${temporary}/image` }[kindOfTarget(path)];
}

/** What a build has come to. */
interface Finished {
  readonly result: BuildResult;
  readonly root: Descriptor;
}

/** Builds into layouts, and writes what else is asked for. */
async function buildOut(
  place: ContextPlace,
  places: readonly BuildPlace[],
  options: BuildOptions,
): Promise<BuildResult> {
  if (options.dryRun !== true) checkFiles(places, options);
  const { result, root } = await buildFrom(place, places, options);
  const { output, dryRun, signal, progress } = options;
  if (dryRun === true) return result;
  const image = `oci:${places[0]?.path}@${result.manifest}`;
  const said = output === undefined ? [] : await writeOutput(image, output, { places, work: { signal, progress } });
  await writeReports(result, root, options);
  return { ...result, warnings: [...result.warnings, ...said] };
}

async function buildFrom(place: ContextPlace, places: readonly BuildPlace[], options: BuildOptions): Promise<Finished> {
  const log = new BuildLog(options);
  const input = await log.during('[internal] load build definition', () => readInput(place, options, options));
  try {
    const finished = await buildInput(input, { place, places, log, options });
    await log.heard();
    return finished;
  } catch (error) {
    throw error instanceof DockerfileError ? error.shownIn(input.text) : error;
  }
}

interface Within {
  readonly place: ContextPlace;
  readonly places: readonly BuildPlace[];
  readonly log: BuildLog;
  readonly options: BuildOptions;
}

async function buildInput(input: BuildInput, { place, places, log, options }: Within): Promise<Finished> {
  const { path: layout } = places[0] as BuildPlace;
  const open = new OpenPlaces(options);
  const prepared = await prepareAll(input, { options, open, layout });
  const { directories } = prepared[0] as Prepared;
  const contexts = new OpenContexts({ ...input, place, directories, written: writtenBy(places, options), options });
  const removals: Promise<void>[] = [];
  const ended = memoized(() => allEnded([contexts.keep(), ...removals]));
  try {
    return await withLayout(layout, options, async store => {
      const cache = await openCache(store, open, options);
      await checkRuns(prepared, { cache, layout, log, options });
      const context = (name: string | undefined): Promise<BuildContext> => contexts.get(name);
      const listings = listingsOf(options);
      const workshop = { store, cache, log, files: contexts.files, listings, options, layout, context, removals };
      const { root, warnings, ...made } = await buildAll(prepared, { workshop, places, ended });
      return {
        root,
        result: { ...made, names: namesOf(places), warnings: [...(await contexts.warnings()), ...warnings] },
      };
    });
  } finally {
    // What fails has read as much as what does not, and it is its own error that is thrown.
    await ended().catch(() => undefined);
    contexts.close();
  }
}

/** Holds what is written once the image is there to its places, before anything is done. What lies in what the build makes has none yet. */
function checkFiles(places: readonly BuildPlace[], options: BuildOptions): void {
  const { output, iidFile, metadataFile } = options;
  const directory = output?.kind === 'local' ? output.path : undefined;
  if (directory !== undefined) placeOfCopy(directory, { name: '', isDirectory: true, contents: true });
  const made = [...layoutsOf(places), directory, cacheOf(options)].filter(path => path !== undefined);
  const files = [directory === undefined ? output?.path : undefined, iidFile, metadataFile];
  for (const file of files) if (file !== undefined && !made.some(path => isSaidBelow(path, file))) checkFilePlace(file);
}

const cacheOf = ({ cacheTo }: BuildOptions): string | undefined =>
  cacheTo === undefined ? undefined : parseWholePlace(cacheTo, 'a layout').place.path;

/** Where a build writes what nobody would read: a directory that its files go into is one that they may come from. */
function writtenBy(places: readonly BuildPlace[], options: BuildOptions): readonly string[] {
  const { output, iidFile, metadataFile } = options;
  const file = output === undefined || output.kind === 'local' ? undefined : output.path;
  return [...layoutsOf(places), file, cacheOf(options), iidFile, metadataFile].filter(path => path !== undefined);
}

interface Assembling {
  readonly workshop: Workshop;
  readonly places: readonly BuildPlace[];
  /** Waits for what goes on beside the steps. */
  readonly ended: () => Promise<void>;
}

async function buildAll(
  prepared: readonly Prepared[],
  { workshop, places, ended }: Assembling,
): Promise<Omit<BuildResult, 'names'> & Pick<Finished, 'root'>> {
  const { store, cache, log, options } = workshop;
  const built: Awaited<ReturnType<typeof buildPlatform>>[] = [];
  for (const one of prepared) built.push(await buildPlatform(one, workshop));
  const attestations = built.flatMap(({ attestation }) => (attestation === undefined ? [] : [attestation]));
  const root = await rootOf([...built.map(({ entry }) => entry), ...attestations], workshop);
  const records = await keepRecords(workshop);
  // Nothing is named unless all of it worked.
  await ended();
  await log.during(`exporting to ${goalOf(places, options)}`, async tell => {
    tell.output(`exporting manifest ${root.digest} done\n`);
    await log.heard();
    await namePlaces(root, { store, places, records, options });
    for (const name of namesOf(places)) tell.output(`naming to ${name} done\n`);
  });
  return {
    root,
    manifest: root.digest,
    images: built.map(({ image }) => image),
    warnings: [...new Set([...built.flatMap(({ warnings }) => warnings), ...cache.warnings])],
  };
}

/** What is known of layers from one build to the next, beside what is of contexts. */
function listingsOf({ contextCache, dryRun, signal }: BuildOptions): ListingCache {
  return new ListingCache(
    contextCache === undefined ? undefined : openKeptListings(`${contextCache}/layers`, { dryRun, signal }),
  );
}

/** What is known of steps in the layout itself, then in other places; one that is not there yet may be by the next build. */
async function openCache(
  store: ImageStore,
  open: OpenPlaces,
  { cacheFrom = [], dryRun }: BuildOptions,
): Promise<BuildCache> {
  const cache = new BuildCache(store, { dryRun: dryRun === true });
  await cache.add(store);
  for (const from of cacheFrom) {
    const { place } = parseWholePlace(from, 'a layout or an archive');
    try {
      await cache.add((await openPlace(place, open)).source);
    } catch (error) {
      if (!(error instanceof OciError) || error.code !== 'not-found') throw error;
      cache.warnings.push(`${place.path}: no cached steps: nothing is there`);
    }
  }
  return cache;
}

/** What goes into the index of the image's layout; where the cache is another layout, it is written there. */
async function keepRecords({ store, cache, options }: Workshop): Promise<(index: ImageIndex) => ImageIndex> {
  const { cacheTo, dryRun } = options;
  if (dryRun === true) return index => index;
  if (cacheTo === undefined) return cache.write(store);
  const { place } = parseWholePlace(cacheTo, 'a layout');
  await withLayout(place.path, options, async other => other.updateIndex(await cache.write(other)));
  return index => index;
}

/** One image as it is; of several, or with attestations, an index of them in the store. */
async function rootOf(entries: readonly Descriptor[], { store, options }: Workshop): Promise<Descriptor> {
  const [only, ...others] = entries as readonly [Descriptor, ...Descriptor[]];
  if (others.length === 0) return only;
  const said = annotationsAt('index', options.annotations);
  const index = newIndex(entries, Object.keys(said).length === 0 ? {} : { annotations: said });
  const document = encodeDocument(index, index.mediaType ?? mediaTypes.index);
  await storeDocument(store, document);
  return annotated(document.descriptor, annotationsAt('index-descriptor', options.annotations));
}
