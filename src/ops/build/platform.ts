import { compressorWarnings } from '../../codec/compression.ts';
import { imageKey } from '../../dockerfile/plan/evaluate.ts';
import type { Plan, Step } from '../../dockerfile/plan/plan.ts';
import { usage } from '../../errors.ts';
import { proveLayers } from '../../graph/layer-bytes.ts';
import { warningsOf } from '../../graph/layer-label.ts';
import { type ListingCache, openImageRootfs } from '../../graph/rootfs-image.ts';
import type { ImageStore } from '../../graph/source.ts';
import { checkMadeImage, storeDocument } from '../../graph/store-document.ts';
import { isDockerImage } from '../../image/image-kind.ts';
import { blobsOf, layersOf } from '../../image/layers.ts';
import { chainID } from '../../spec/chain-id.ts';
import type { Annotations, Descriptor, Platform } from '../../spec/objects.ts';
import { formatPlatform } from '../../spec/platform.ts';
import { isTime, timeText } from '../../spec/time.ts';
import { memoized } from '../../stream/memoized.ts';
import { second } from '../../tree/time.ts';
import type { ContentFiles } from '../content-files.ts';
import { entryOf } from '../destination.ts';
import { compressionOf } from '../store-layer.ts';
import { annotationsAt } from './annotations.ts';
import { attest } from './attest.ts';
import type { BuildBase } from './bases.ts';
import { type BuildCache, mayBeCached } from './cache.ts';
import type { BuildContext } from './context.ts';
import type { StageFiles } from './files.ts';
import { builtImage } from './image.ts';
import type { BuildLog } from './log.ts';
import type { BuildOptions, BuiltImage } from './options.ts';
import type { Prepared } from './prepare.ts';
import { BuildRuns } from './run-world.ts';
import { type Building, type Done, doSteps } from './steps.ts';

/** So many steps are done at once: programs often wait for a network, whatever the machine has. */
const usualJobs = 4;

/** What an image is built in, the same for all platforms. */
export interface Workshop {
  readonly store: ImageStore;
  readonly cache: BuildCache;
  readonly log: BuildLog;
  readonly files: ContentFiles;
  readonly listings: ListingCache;
  readonly options: BuildOptions;
  /** The layout's path, for messages and for what lies beside it for a while. */
  readonly layout: string;
  readonly context: (name: string | undefined) => Promise<BuildContext>;
  /** What goes away of what runs stood on, while the image is put together. */
  readonly removals: Promise<void>[];
}

/** An image that is whole in the store, as an index lists it. */
interface Built {
  readonly image: BuiltImage;
  readonly entry: Descriptor;
  /** What is said of it beside it. */
  readonly attestation: Descriptor | undefined;
  readonly warnings: readonly string[];
}

/** Does the steps of a plan, and puts the image that they come to into the store. */
export async function buildPlatform(prepared: Prepared, workshop: Workshop): Promise<Built> {
  const { store, files, options, layout } = workshop;
  const { plan, bases } = prepared;
  const base =
    plan.base === undefined ? undefined : bases.get(imageKey(plan.base.name, plan.base.platform, prepared.platform));
  const fixed = fixedTime(plan, options);
  for (const { source, image } of bases.values()) files.addLayers(source, layersOf(image));
  const kept = base === undefined ? [] : blobsOf(layersOf(base.image));
  const labels = base === undefined ? [] : await warningsOf(base.source, kept);
  if (base?.source.isConverted === true) await proveLayers(base.source, layersOf(base.image));
  for (const { title } of plan.images) await workshop.log.during(title, async () => undefined);
  const done = await doAll(prepared, { workshop, base, created: fixed ?? timeOf(options.now) });
  const { platform } = plan;
  const annotations = annotationsAt('manifest', options.annotations, platform);
  const made = builtImage({ plan, base, done, fixed, annotations });
  const inherited = checkMadeImage(made, layout, base?.image);
  await storeDocument(store, made.config, base?.image.config);
  await storeDocument(store, made.manifest, base?.image.manifest);
  const { entry: attestation, warnings: said } = await attest(made, { prepared, done, workshop });
  const listed = annotationsAt('manifest-descriptor', options.annotations, platform);
  const written = done.some(({ isCached }) => isCached === false) ? compressorWarnings(compressionOf(options)) : [];
  return {
    image: {
      platform: formatPlatform(plan.platform),
      manifest: made.manifest.descriptor.digest,
      imageID: made.config.descriptor.digest,
      steps: plan.steps.map((step, at) => stepRow(step, done[at] as Done)),
      ...(options.dryRun === true ? { plan } : {}),
    },
    entry: annotated(entryOf(made), listed),
    attestation,
    warnings: [...inherited, ...labels, ...said, ...written],
  };
}

/** An entry that says this as well. */
export const annotated = (entry: Descriptor, annotations: Annotations): Descriptor =>
  Object.keys(annotations).length === 0 ? entry : { ...entry, annotations: { ...entry.annotations, ...annotations } };

async function doAll(
  { plan, input, bases, platform }: Prepared,
  {
    workshop,
    base,
    created,
  }: { readonly workshop: Workshop; readonly base: BuildBase | undefined; readonly created: string | undefined },
): Promise<readonly Done[]> {
  const { options } = workshop;
  const { compression, level, compressor } = compressionOf(options);
  const runs = new BuildRuns(workshop.layout, options);
  const building = {
    ...workshop,
    runs,
    plan,
    file: input.file,
    text: input.text,
    isDocker: base !== undefined && isDockerImage(base.image),
    mayBeCached: mayBeCached(options),
    terms: [compression, level, compressor, plan.epoch],
    created,
    now: created === undefined ? 0n : BigInt(Math.floor(Date.parse(created) / 1000)) * second,
    image: imagesOf(bases, platform, workshop.listings),
    jobs: (options.jobs ?? usualJobs) || Number.POSITIVE_INFINITY,
  };
  try {
    return await doSteps(building, async () => {
      if (base !== undefined)
        for (const blob of blobsOf(layersOf(base.image))) await workshop.store.bring(base.source, blob);
    });
  } finally {
    const removal = runs.close();
    // The build ends with its error.
    removal.catch(() => undefined);
    workshop.removals.push(removal);
  }
}

/** The files of images, each read once, when somebody asks for them. */
function imagesOf(bases: ReadonlyMap<string, BuildBase>, target: Platform, cache: ListingCache): Building['image'] {
  const known = new Map<string, StageFiles>();
  return ({ name, platform }) => {
    const key = imageKey(name, platform, target);
    const { source, image } = bases.get(key) as BuildBase;
    const files = known.get(key) ?? {
      identity: async () => layersOf(image).reduce((below, { diffID }) => chainID(below, diffID), ''),
      tree: memoized(() => openImageRootfs(source, layersOf(image), { cache }).tree()),
      parts: {
        below: undefined,
        layers: async () => layersOf(image).map(layer => ({ kind: 'layer', source, layer }) as const),
      },
    };
    known.set(key, files);
    return files;
  };
}

function stepRow({ title, lines, stage }: Step, { layer, key, isCached }: Done): BuiltImage['steps'][number] {
  return {
    title,
    stage,
    line: lines[0],
    key: key ?? null,
    cached: isCached ?? null,
    layer: layer?.descriptor ?? null,
    diffID: layer?.diffID ?? null,
  };
}

const timeOf = (time: string | Date | undefined): string | undefined =>
  time === undefined || typeof time === 'string' ? time : timeText(time);

/** The time that somebody has set for all that is new: SOURCE_DATE_EPOCH of the Dockerfile or of the arguments, else what the caller says. */
function fixedTime({ epoch }: Plan, { created }: BuildOptions): string | undefined {
  if (epoch === undefined) return timeOf(created);
  const time = new Date(epoch * 1000);
  if (!isTime(timeText(time))) throw usage('SOURCE_DATE_EPOCH', `expected seconds since 1970, got ${epoch}`);
  return timeText(time);
}
