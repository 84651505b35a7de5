import { compressorWarnings } from '../codec/compression.ts';
import { type Dockerfile, parseDockerfile } from '../dockerfile/parse.ts';
import { imagesNeeded, planDockerfile } from '../dockerfile/plan/evaluate.ts';
import type { PlanOptions } from '../dockerfile/plan/evaluation.ts';
import type { Plan } from '../dockerfile/plan/plan.ts';
import { badOption, usage } from '../errors.ts';
import { proveLayers } from '../graph/layer-bytes.ts';
import { warningsOf } from '../graph/layer-label.ts';
import { openImageRootfs } from '../graph/rootfs-image.ts';
import type { ImageStore } from '../graph/source.ts';
import { checkMadeImage, storeDocument } from '../graph/store-document.ts';
import { isDockerImage } from '../image/image-kind.ts';
import { blobsOf, layersOf } from '../image/layers.ts';
import { parseAnnotation } from '../spec/annotations.ts';
import type { Descriptor, ImageConfig, Platform } from '../spec/objects.ts';
import { machinePlatform, parsePlatform } from '../spec/platform.ts';
import { isTime, timeText } from '../spec/time.ts';
import { withLayout } from '../store/layout/new-layout.ts';
import { OpenPlaces } from '../store/open-operand.ts';
import type { ImageOperand } from '../store/parse-operand.ts';
import type { Tree } from '../tree/node.ts';
import { second } from '../tree/time.ts';
import { type BuildBase, findBase, isImagePlace, parseNamedContext } from './build-bases.ts';
import { type BuildContext, type BuildInput, checkContext, openContext, readInput } from './build-context.ts';
import { builtImage } from './build-image.ts';
import type { BuildOptions, BuildResult } from './build-options.ts';
import { type BuildPlace, namePlaces, namesOf, parseBuildPlaces } from './build-places.ts';
import { checkSteps, doSteps } from './build-steps.ts';
import { path } from './call-kinds.ts';
import { checkCall } from './check-call.ts';
import { ContentFiles } from './content-files.ts';
import { entryOf } from './destination.ts';
import { compressionOf } from './store-layer.ts';

/** A plan, and what it is made of. */
interface Prepared {
  readonly plan: Plan;
  readonly input: BuildInput;
  readonly bases: ReadonlyMap<string, BuildBase>;
  /** The directories of named contexts. */
  readonly directories: ReadonlyMap<string, string>;
}

/**
 * Builds a Dockerfile that runs nothing: COPY, ADD, WORKDIR and all that only says something of the image, in any number of
 * stages, as BuildKit does, from a directory and from images in layouts and archives. Nothing is unpacked and nothing needs root. The image goes to
 * `images`, under each of their names. Throws `invalid` (`DockerfileError`) where an instruction is wrong, `not-found` for a base or a source that is not there, `unsupported` for
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
  const prepared = await prepare(context, { options, places: new OpenPlaces(options), layout });
  checkSteps(prepared.plan, prepared.input.file);
  const contexts = new Map<string, Promise<BuildContext>>();
  try {
    return await withLayout(layout, options, async store => {
      const { result, entry } = await buildInto(store, {
        ...{ context, prepared, contexts, options, layout },
        files: new ContentFiles(),
      });
      await namePlaces(entry, { store, places, options });
      return { ...result, names: namesOf(places) };
    });
  } finally {
    for (const one of contexts.values()) closeQuietly(one);
  }
}

/** A context that could not be opened has told why. */
function closeQuietly(context: Promise<BuildContext>): void {
  context.then(
    ({ rootfs }) => rootfs.close(),
    () => undefined,
  );
}

async function buildInto(
  store: ImageStore,
  opening: Opening & { readonly layout: string },
): Promise<{ readonly result: Omit<BuildResult, 'names'>; readonly entry: Descriptor }> {
  const { prepared, contexts, files, options, layout } = opening;
  const { plan, input, bases } = prepared;
  const base = plan.base === undefined ? undefined : bases.get(plan.base.name);
  const created = createdOf(plan, options);
  for (const { source, image } of bases.values()) files.addLayers(source, layersOf(image));
  const kept = base === undefined ? [] : blobsOf(layersOf(base.image));
  const labels = base === undefined ? [] : await warningsOf(base.source, kept);
  if (base?.source.isConverted === true) await proveLayers(base.source, layersOf(base.image));
  if (base !== undefined) for (const blob of kept) await store.bring(base.source, blob);
  const layers = await doSteps({
    plan,
    file: input.file,
    files,
    destination: store,
    layout,
    isDocker: base !== undefined && isDockerImage(base.image),
    options,
    now: nanosecondsOf(created),
    context: name => opened(name, opening),
    treeOfBase: treesOf(bases),
  });
  const annotations = Object.fromEntries((options.annotations ?? []).map(parseAnnotation));
  const made = builtImage({ plan, base, layers, created, annotations });
  const inherited = checkMadeImage(made, layout, base?.image);
  await storeDocument(store, made.config, base?.image.config);
  await storeDocument(store, made.manifest, base?.image.manifest);
  const walked = (await Promise.all(contexts.values())).flatMap(({ rootfs }) => rootfs.warnings);
  const written = layers.size === 0 ? [] : compressorWarnings(compressionOf(options));
  const result = {
    manifest: made.manifest.descriptor.digest,
    imageID: made.config.descriptor.digest,
    steps: plan.steps.map(({ title, lines }, at) => ({
      title,
      line: lines[0],
      layer: layers.get(at)?.descriptor ?? null,
      diffID: layers.get(at)?.diffID ?? null,
    })),
    warnings: [...walked, ...inherited, ...labels, ...written],
  };
  return { result, entry: entryOf(made) };
}

const nanosecondsOf = (time: string | undefined): bigint =>
  time === undefined ? 0n : BigInt(Math.floor(Date.parse(time) / 1000)) * second;

/** The merged root filesystems of images, each read once, when it is asked for. */
function treesOf(bases: ReadonlyMap<string, BuildBase>): (name: string) => Promise<Tree> {
  const known = new Map<string, Promise<Tree>>();
  return name => {
    const { source, image } = bases.get(name) as BuildBase;
    const tree = known.get(name) ?? openImageRootfs(source, layersOf(image)).tree();
    known.set(name, tree);
    return tree;
  };
}

interface Opening {
  readonly context: string;
  readonly prepared: Prepared;
  readonly contexts: Map<string, Promise<BuildContext>>;
  readonly files: ContentFiles;
  readonly options: BuildOptions;
}

function opened(
  name: string | undefined,
  { context, prepared, contexts, files, options }: Opening,
): Promise<BuildContext> {
  const key = name ?? '';
  const open = async (): Promise<BuildContext> => {
    const directory = name === undefined ? context : (prepared.directories.get(name) as string);
    const one = await openContext(directory, name === undefined ? prepared.input.selection : undefined, options);
    await files.addRootfs(one.rootfs, one.tree, options);
    return one;
  };
  const known = contexts.get(key) ?? open();
  contexts.set(key, known);
  return known;
}

/** Reads the Dockerfile, finds the images that it needs, and plans it. */
async function prepare(
  context: string,
  { options, places, layout }: { readonly options: BuildOptions; readonly places: OpenPlaces; readonly layout: string },
): Promise<Prepared> {
  const input = readInput(context, options.file);
  const dockerfile = parseDockerfile(input.text, input.file);
  const contexts = (options.contexts ?? []).map(parseNamedContext);
  for (const [name, place] of contexts)
    if (name === '' || place === '') throw badOption('contexts', 'expected NAME=PLACE, got no name or no place');
  const directories = new Map(contexts.filter(([, place]) => !isImagePlace(place)));
  for (const directory of directories.values()) checkContext(directory);
  const named = new Map<string, ImageOperand>(contexts.filter(([, place]) => isImagePlace(place)));
  const search = { named, layouts: [...(options.bases ?? []), layout], open: places };
  const planned = planOptions(options, new Set(contexts.map(([name]) => name)));
  const bases = await openBases(dockerfile, { planned, search, directories });
  const images = new Map([...bases].map(([name, { image }]) => [name, image.config.value] as const));
  return { plan: planDockerfile(dockerfile, { ...planned, images }), input, bases, directories };
}

async function openBases(
  dockerfile: Dockerfile,
  {
    planned,
    search,
    directories,
  }: { planned: PlanOptions; search: Parameters<typeof findBase>[2]; directories: ReadonlyMap<string, string> },
): Promise<ReadonlyMap<string, BuildBase>> {
  const bases = new Map<string, BuildBase>();
  for (;;) {
    const configs = new Map<string, ImageConfig>([...bases].map(([name, { image }]) => [name, image.config.value]));
    const missing = imagesNeeded(dockerfile, { ...planned, images: configs }).filter(name => !directories.has(name));
    if (missing.length === 0) return bases;
    for (const name of missing) bases.set(name, await findBase(name, planned.platform, search));
  }
}

function planOptions(options: BuildOptions, contexts: ReadonlySet<string>): PlanOptions {
  const build: Platform = options.hostPlatform ?? machinePlatform;
  return {
    platform: options.platform === undefined ? build : parsePlatform(options.platform),
    buildPlatform: build,
    images: new Map(),
    contexts,
    arguments: new Map((options.buildArguments ?? []).map(text => pairOf(text, 'buildArguments'))),
    labels: Object.fromEntries((options.labels ?? []).map(text => pairOf(text, 'labels'))),
    ...(options.target === undefined ? {} : { target: options.target }),
  };
}

function pairOf(text: string, option: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals === 0) throw badOption(option, `expected NAME=VALUE, got '${text}'`);
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
}

/** SOURCE_DATE_EPOCH of the Dockerfile or of the arguments, else what the caller says. */
function createdOf({ epoch }: Plan, { created }: BuildOptions): string | undefined {
  if (epoch !== undefined) {
    const time = new Date(epoch * 1000);
    if (!isTime(timeText(time))) throw usage('SOURCE_DATE_EPOCH', `expected seconds since 1970, got ${epoch}`);
    return timeText(time);
  }
  return created === undefined || typeof created === 'string' ? created : timeText(created);
}
