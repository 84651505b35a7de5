import { DockerfileError } from '../../dockerfile/dockerfile-error.ts';
import type { Origin, Plan, Step } from '../../dockerfile/plan/plan.ts';
import { type Fail, OciError, unsupported } from '../../errors.ts';
import type { ListingCache } from '../../graph/rootfs-image.ts';
import type { ImageStore } from '../../graph/source.ts';
import type { Directories } from '../../runner/job.ts';
import type { Digest } from '../../spec/digest.ts';
import type { Layer } from '../../spec/objects.ts';
import type { LaidPart } from '../../store/rootfs/lay-out.ts';
import { inParallel } from '../../stream/in-parallel.ts';
import { memoized } from '../../stream/memoized.ts';
import { Pace } from '../../stream/pace.ts';
import type { Tree } from '../../tree/node.ts';
import type { ContentFiles } from '../content-files.ts';
import type { CompressionOptions, Work } from '../options.ts';
import type { BuildCache } from './cache.ts';
import type { BuildContext } from './context.ts';
import { changedTree } from './copy.ts';
import { type StageFiles, scratch, withLayer } from './files.ts';
import { allOf, keysOf } from './inputs.ts';
import { essenceText, inputsOf } from './key.ts';
import { changesOf, copiedLayer } from './layer.ts';
import type { BuildLog, Teller } from './log.ts';
import { chainOf, needsOf, underRuns } from './needs.ts';
import { needsUserFiles } from './owner.ts';
import { runLayer } from './run.ts';
import type { BuildRuns } from './run-world.ts';

/** What the steps of a build are done with. */
export interface Building {
  readonly plan: Plan;
  /** What messages call the Dockerfile. */
  readonly file: string;
  readonly text: string;
  readonly files: ContentFiles;
  readonly store: ImageStore;
  readonly cache: BuildCache;
  readonly log: BuildLog;
  /** Whether a step's layer is looked for in the cache, by its stage. */
  readonly mayBeCached: (step: Step) => boolean;
  /** What is a part of every key. */
  readonly terms: readonly unknown[];
  /** Where bodies may be put beside for a while. */
  readonly layout: string;
  readonly isDocker: boolean;
  readonly options: CompressionOptions & Work;
  /** Nanoseconds since 1970: the time of what is made. */
  readonly now: bigint;
  /** RFC 3339: the time that the cache knows of what is made. */
  readonly created: string | undefined;
  readonly context: (name: string | undefined) => Promise<BuildContext>;
  readonly listings: ListingCache;
  readonly image: (origin: Extract<Origin, { kind: 'image' }>) => StageFiles;
  readonly runs: BuildRuns;
  /** So many steps are done at once at most. */
  readonly jobs: number;
}

/** What a step left: its files, and its layer, where the image has it or something was run. */
export interface Done {
  readonly files: StageFiles;
  readonly layer?: Layer;
  readonly key?: Digest | undefined;
  readonly isCached?: boolean;
  /** RFC 3339: when the layer was made. */
  readonly created?: string | undefined;
}

/** One step, and all that it is done with. */
export interface Doing {
  readonly building: Building;
  /** A run stands on it, or on what does nothing but copy onto it. */
  readonly isUnderRun: boolean;
  /** What is told of it is told by this number. */
  readonly number: number;
  readonly below: StageFiles;
  readonly filesOf: (from: Origin) => StageFiles;
  /** Makes an error of the step's lines. */
  readonly fail: Fail;
  /** What goes on when the step is done: no other begins once something of it has failed. */
  readonly goesOn: (work: Promise<unknown>) => void;
}

/** What a step made, which no cache had. */
export interface Made {
  readonly layer: Layer;
  readonly tree: () => Promise<Tree>;
  readonly parts: readonly LaidPart[];
  /** Where its files lie on the disk: those that a run has left, or that were laid out while the layer was made. */
  readonly laid?: Directories | undefined;
}

/** Throws for the first step that cannot be done here, before anything is. */
export function checkSteps({ steps }: Plan, file: string): void {
  for (const step of steps) {
    const subject = `${file}:${step.lines[0]}`;
    if (step.kind === 'run' && step.security === 'insecure')
      throw unsupported(subject, 'RUN in a sandbox', 'security insecure', {
        hint: 'nothing here gives more than that',
      });
    if (step.kind !== 'copy') continue;
    const remote = step.sources.find(({ from }) => from.kind === 'remote')?.from;
    if (remote?.kind === 'remote')
      throw unsupported(subject, 'a source in the context', `'${remote.address}'`, {
        hint: 'ocikit builds without a network: fetch it into the context first',
      });
  }
}

/** A step that is done but for its key, which the next do not wait for. */
type Left = Omit<Done, 'key'> & { readonly keys?: Promise<readonly Digest[]> };

/** Does all steps, each as soon as those are done that it needs, whatever stage they are of, and `meanwhile` beside them. Answers what each left. */
export async function doSteps(building: Building, meanwhile: () => Promise<void>): Promise<readonly Done[]> {
  const { plan, options, jobs, log } = building;
  const [chain, under] = [chainOf(plan), underRuns(plan)];
  const first = log.reserve(plan.steps.length);
  const done: Left[] = [];
  const filesOf = (origin: Origin): StageFiles => {
    if (origin.kind === 'scratch') return scratch;
    if (origin.kind === 'step') return (done[origin.step] as Left).files;
    if (origin.kind === 'image') return building.image(origin);
    const context = (): Promise<BuildContext> => building.context(origin.name);
    return {
      identity: undefined,
      tree: async () => (await context()).tree(),
      said: async (...asked) => (await context()).said(...asked),
      why: async () => (await context()).why,
    };
  };
  const pending: Promise<unknown>[] = [];
  const failures: unknown[] = [];
  const goesOn = (work: Promise<unknown>): void => void pending.push(work.catch(error => failures.push(error)));
  const work = async (piece: number, signal: AbortSignal): Promise<void> => {
    if (piece === 0) return meanwhile();
    const place = piece - 1;
    await new Pace(signal).turn();
    if (failures.length > 0) throw failures[0];
    const step = plan.steps[place] as Step;
    const own = { ...building, options: { ...options, signal } };
    const [number, below, fail] = [first + place, filesOf(step.parent), failOf(building, step)];
    const doing = { building: own, isUnderRun: under.has(place), number, below, filesOf, fail, goesOn };
    done[place] = await doStep(step, doing, chain.has(place));
  };
  const needs = [[], ...needsOf(plan).map(earlier => earlier.map(place => place + 1))];
  try {
    await inParallel({ needs, atOnce: jobs, signal: options.signal }, work);
  } finally {
    await Promise.all(pending);
  }
  if (failures.length > 0) throw failures[0];
  return Promise.all(done.map(async ({ keys, ...rest }) => ({ ...rest, key: (await keys)?.[0] })));
}

/** The place of a fault is where its word stands first in the step's lines. */
function failOf({ file, text }: Building, { lines }: Step): Fail {
  const [first, last] = lines;
  return (message, word = '') => {
    const own = text.split('\n').slice(first - 1, last);
    const at = word === '' ? -1 : own.findIndex(line => line.includes(word));
    const column = (own[at]?.indexOf(word) ?? 0) + 1;
    return new DockerfileError(file, message, { place: { line: first + Math.max(0, at), column, lines } });
  };
}

/** A step whose layer is in the image is looked for in the cache, else made; any other is done when somebody takes files of it. */
async function doStep(step: Step, doing: Doing, isKept: boolean): Promise<Left> {
  const keys = keysOf(step, { ...doing, below: underKey(step, doing) });
  if (step.kind !== 'run' && !isKept) return left(step, doing, keys[0] as () => Promise<Digest>);
  const { cache, mayBeCached } = doing.building;
  if (!mayBeCached(step) || !cache.mayHave(essenceText(step))) await takenTrees(step, doing);
  return telling(step, doing, async tell => {
    const { building, below } = doing;
    const { cache, store, listings, options } = building;
    const essence = essenceText(step);
    const known: Digest[] = [];
    if (building.mayBeCached(step) && cache.mayHave(essence))
      for (const key of keys) {
        known.push(await key());
        const found = await cache.find(known.at(-1) as Digest);
        if (found === undefined) continue;
        const asked = Promise.resolve(known);
        cache.note(asked, found, essence);
        building.files.addLayers(found.source, [found.layer]);
        tell.cached();
        const files = withLayer(below, found.layer, { source: found.source, listings, work: options });
        return { files, layer: found.layer, keys: asked, isCached: true, created: found.created };
      }
    const { layer, tree, parts, laid } = await made(step, doing, tell);
    // Contents that were read for the layer are not read for the key again, and while a program runs there is time.
    const all = inWordsOf(doing, () => allOf(keys, known));
    doing.goesOn(all);
    cache.note(all, { layer, created: building.created }, essence);
    const { identity } = withLayer(below, layer, { source: store, listings, work: options });
    const files = { identity, tree, parts: { below, layers: async () => parts } };
    if (laid !== undefined) await building.runs.know(files, layer, laid);
    return { files, layer, keys: all, isCached: false, created: building.created };
  });
}

/** The files that a step is sure to need of others: what is told of those is told before it begins. */
async function takenTrees(step: Step, { below, filesOf }: Doing): Promise<void> {
  const trees = step.kind === 'run' ? [below] : [];
  for (const { from } of inputsOf(step)) if (from.kind === 'step') trees.push(filesOf(from));
  for (const { tree } of trees) await tree();
}

/** What counts of what is below a step: a link stands on nothing, unless names are looked up below it. */
const underKey = (step: Step, { below }: Doing): StageFiles =>
  step.kind === 'copy' && step.link && !needsUserFiles(step.owner) ? scratch : below;

/** The layer of a step that no cache has; `tell` takes what a program writes. */
async function made(step: Step, doing: Doing, tell: Teller): Promise<Made> {
  if (step.kind === 'run') return runLayer(step, doing, tell);
  return copiedLayer(step, doing);
}

/** What a step leaves that makes no layer of the image. */
function left(step: Exclude<Step, { kind: 'run' }>, doing: Doing, key: () => Promise<Digest>): Left {
  const isLink = step.kind === 'copy' && step.link;
  const tree = async (): Promise<Tree> =>
    isLink ? (await changesOf(step, doing)).tree() : changedTree(step, await doing.below.tree(), doing);
  const parts = async (): Promise<readonly LaidPart[]> => {
    const { files: bodies, layout: beside } = doing.building;
    return [{ kind: 'entries', entries: (await changesOf(step, doing)).entries, bodies, beside }];
  };
  return {
    files: {
      identity: memoized(() => inWordsOf(doing, key)),
      tree: memoized(() => telling(step, doing, tree)),
      parts: { below: doing.below, layers: memoized(() => inWordsOf(doing, parts)) },
    },
  };
}

/** Does a step, and tells of it. */
const telling = <T>({ title }: Step, doing: Doing, work: (tell: Teller) => Promise<T>): Promise<T> =>
  inWordsOf(doing, () => doing.building.log.during(title, work, doing.number));

/** What a tree refuses is a fault of the line. */
async function inWordsOf<T>({ fail }: Doing, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OciError && !(error instanceof DockerfileError) && error.code === 'invalid')
      throw fail(error.message);
    throw error;
  }
}
