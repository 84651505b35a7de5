import { OciError } from '../errors.ts';
import type { ImageStore } from '../graph/source.ts';
import { storeDocument } from '../graph/store-document.ts';
import { newIndex } from '../image/index-edit.ts';
import { encodeDocument } from '../spec/document.ts';
import { mediaTypes } from '../spec/media-type.ts';
import type { Descriptor, ImageIndex, Platform } from '../spec/objects.ts';
import { parsePlatform } from '../spec/platform.ts';
import { withLayout } from '../store/layout/new-layout.ts';
import { OpenPlaces, openPlace } from '../store/open-operand.ts';
import { type ImageOperand, parseWholePlace } from '../store/parse-operand.ts';
import { BuildCache } from './build-cache.ts';
import { type BuildContext, type BuildInput, checkContext, OpenContexts, readInput } from './build-context.ts';
import type { BuildOptions, BuildResult } from './build-options.ts';
import { type BuildPlace, namePlaces, namesOf, parseBuildPlaces } from './build-places.ts';
import { buildPlatform, type Workshop } from './build-platform.ts';
import { buildPlatformOf, type Prepared, prepareBuild } from './build-prepare.ts';
import { checkSteps } from './build-steps.ts';
import { path } from './call-kinds.ts';
import { checkCall } from './check-call.ts';

/**
 * Builds a Dockerfile that runs nothing: COPY, ADD, WORKDIR and all that only says something of the image, in any number of
 * stages, as BuildKit does, from a directory and from images in layouts and archives. Nothing is unpacked and nothing needs root. The image goes to
 * `images`, under each of their names; of several platforms it is an index. What a step made is found again by what it was made of. Throws `invalid`
 * (`DockerfileError`) where an instruction is wrong, `not-found` for a base or a source that is not there, `unsupported` for
 * RUN and for what is on the network, and `conflict` where a file changes while it is read.
 */
export async function build(
  context: string,
  images: readonly ImageOperand[],
  options: BuildOptions = {},
): Promise<BuildResult> {
  checkCall('build', { context: [path, context], images: ['operands', images] }, options);
  const places = parseBuildPlaces(images);
  const { path: layout } = places[0] as BuildPlace;
  checkContext(context);
  const input = readInput(context, options.file);
  const open = new OpenPlaces(options);
  const prepared = await prepareAll(input, { options, open, layout });
  const contexts = new OpenContexts(context, { input, directories: prepared[0]?.directories ?? new Map(), options });
  try {
    return await withLayout(layout, options, async store => {
      const cache = await openCache(store, open, options);
      const context = (name: string | undefined): Promise<BuildContext> => contexts.get(name);
      const workshop = { store, cache, files: contexts.files, options, layout, context };
      const result = await buildAll(prepared, { workshop, places });
      return { ...result, names: namesOf(places), warnings: [...(await contexts.warnings()), ...result.warnings] };
    });
  } finally {
    contexts.close();
  }
}

/** The plan of every platform. */
async function prepareAll(
  input: BuildInput,
  { options, open, layout }: { readonly options: BuildOptions; readonly open: OpenPlaces; readonly layout: string },
): Promise<readonly Prepared[]> {
  const asked = options.platforms?.map(parsePlatform) ?? [];
  const platforms: readonly Platform[] = asked.length === 0 ? [buildPlatformOf(options)] : asked;
  const prepared: Prepared[] = [];
  for (const platform of platforms) {
    const isOneOfMany = platforms.length > 1;
    const one = await prepareBuild(input, { options, platform, isOneOfMany, places: open, layout });
    checkSteps(one.plan, input.file);
    prepared.push(one);
  }
  return prepared;
}

async function buildAll(
  prepared: readonly Prepared[],
  { workshop, places }: { readonly workshop: Workshop; readonly places: readonly BuildPlace[] },
): Promise<Omit<BuildResult, 'names'>> {
  const { store, cache, options } = workshop;
  const built: Awaited<ReturnType<typeof buildPlatform>>[] = [];
  for (const one of prepared) built.push(await buildPlatform(one, workshop));
  const root = await rootOf(
    built.map(({ entry }) => entry),
    store,
  );
  const records = await keepRecords(workshop);
  await namePlaces(root, { store, places, records, options });
  return {
    manifest: root.digest,
    images: built.map(({ image }) => image),
    warnings: [...new Set([...built.flatMap(({ warnings }) => warnings), ...cache.warnings])],
  };
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

/** The image of one platform as it is; of several, an index of them in the store. */
async function rootOf(entries: readonly Descriptor[], store: ImageStore): Promise<Descriptor> {
  const [only, ...others] = entries as readonly [Descriptor, ...Descriptor[]];
  if (others.length === 0) return only;
  const index = newIndex(entries, {});
  const document = encodeDocument(index, index.mediaType ?? mediaTypes.index);
  await storeDocument(store, document);
  return document.descriptor;
}
