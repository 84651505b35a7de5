import { DockerfileError, type Place } from '../../dockerfile/dockerfile-error.ts';
import { type Dockerfile, parseDockerfile } from '../../dockerfile/parse.ts';
import { planDockerfile } from '../../dockerfile/plan/evaluate.ts';
import type { PlanOptions } from '../../dockerfile/plan/evaluation.ts';
import { imagesNeeded, placeOfNeed } from '../../dockerfile/plan/needs.ts';
import type { Plan } from '../../dockerfile/plan/plan.ts';
import { badOption, OciError } from '../../errors.ts';
import type { ImageConfig, Platform } from '../../spec/objects.ts';
import { machinePlatform, parsePlatform } from '../../spec/platform.ts';
import type { OpenPlaces } from '../../store/open-operand.ts';
import type { ImageOperand } from '../../store/parse-operand.ts';
import { type BuildBase, findBase, isImagePlace, parseNamedContext } from './bases.ts';
import type { BuildInput } from './input.ts';
import type { BuildOptions } from './options.ts';
import { checkDirectory } from './place.ts';
import { checkSteps } from './steps.ts';

/** A plan, and what it is made of. */
export interface Prepared {
  readonly plan: Plan;
  readonly input: BuildInput;
  /** By what the plan knows them by (`imageKey`). */
  readonly bases: ReadonlyMap<string, BuildBase>;
  /** What is built for. */
  readonly platform: Platform;
  /** The directories of named contexts. */
  readonly directories: ReadonlyMap<string, string>;
}

interface Preparing {
  readonly options: BuildOptions;
  readonly platform: Platform;
  readonly isOneOfMany: boolean;
  readonly places: OpenPlaces;
  /** The layout that the image goes to. */
  readonly layout: string;
}

/** Finds the images that a Dockerfile needs, and plans it for a platform. */
async function prepareBuild(
  input: BuildInput,
  { options, platform, isOneOfMany, places, layout }: Preparing,
): Promise<Prepared> {
  const dockerfile = parseDockerfile(input.text, input.file);
  const contexts = (options.contexts ?? []).map(parseNamedContext);
  for (const [name, place] of contexts)
    if (name === '' || place === '') throw badOption('contexts', 'expected NAME=PLACE, got no name or no place');
  const directories = new Map(contexts.filter(([, place]) => !isImagePlace(place)));
  for (const directory of directories.values()) checkDirectory(directory);
  const named = new Map<string, ImageOperand>(contexts.filter(([, place]) => isImagePlace(place)));
  const search = { named, layouts: [...(options.bases ?? []), layout], open: places };
  const planned = {
    ...planOptions(options, new Set(contexts.map(([name]) => name))),
    platform,
    showPlatform: isOneOfMany,
  };
  const bases = await openBases(dockerfile, { planned, search, directories });
  const images = new Map([...bases].map(([name, { image }]) => [name, image.config.value] as const));
  return { plan: planDockerfile(dockerfile, { ...planned, images }), input, bases, platform, directories };
}

/** The plan of every platform. */
export async function prepareAll(
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
    const now = { ...planned, images: configs };
    const missing = imagesNeeded(dockerfile, now).filter(key => !directories.has(partsOf(key).name));
    if (missing.length === 0) return bases;
    for (const key of missing) {
      const { name, platform = planned.platform } = partsOf(key);
      const place = (): Place | undefined => placeOfNeed(dockerfile, now, key);
      bases.set(key, await placed(findBase(name, platform, search), place, dockerfile.file));
    }
  }
}

/** A missing image is missing where the Dockerfile asks for it. */
async function placed(found: Promise<BuildBase>, where: () => Place | undefined, file: string): Promise<BuildBase> {
  try {
    return await found;
  } catch (error) {
    const place = error instanceof OciError && error.code === 'not-found' ? where() : undefined;
    if (place === undefined) throw error;
    const { code, hint, message } = error as OciError;
    throw new DockerfileError(file, message, { place, code, cause: error, ...(hint === undefined ? {} : { hint }) });
  }
}

/** The name that a key has, and the platform where it has one. */
function partsOf(key: string): { readonly name: string; readonly platform?: Platform } {
  const [name = '', platform] = key.split(' ');
  return { name, ...(platform === undefined ? {} : { platform: parsePlatform(platform) }) };
}

/** What the build runs on. */
export const buildPlatformOf = ({ hostPlatform }: BuildOptions): Platform => hostPlatform ?? machinePlatform;

function planOptions(options: BuildOptions, contexts: ReadonlySet<string>): PlanOptions {
  const build: Platform = buildPlatformOf(options);
  return {
    platform: build,
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
