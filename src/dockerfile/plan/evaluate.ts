import { meant } from '../../spec/nearest-word.ts';
import type { ImageConfig, Platform } from '../../spec/objects.ts';
import { formatPlatform } from '../../spec/platform.ts';
import type { Instruction } from '../instruction.ts';
import type { Linter } from '../lint/linter.ts';
import { lintStages } from '../lint/text-rules.ts';
import type { Dockerfile } from '../parse.ts';
import { applyMetadata, applyWorkdir } from './apply.ts';
import { applyCopy } from './apply-copy.ts';
import { applyRun } from './apply-run.ts';
import { type Evaluation, evaluationOf, linterOf, type PlanOptions } from './evaluation.ts';
import { reportImagePlatform } from './from-rules.ts';
import { checkCircles, type Graph, graphOf, reachedFrom, type Source, type StageNode, setSources } from './graph.ts';
import type { Origin, Plan, PlanImage, Step } from './plan.ts';
import { type Planning, type StageScope, stageScope } from './stage-scope.ts';
import { imageConfigOf, type StageState, stateOfImage, stateOfStage } from './stage-state.ts';
import { titleOf } from './title.ts';
import { parseTriggers } from './triggers.ts';

/**
 * Evaluates a Dockerfile with the configs of the images that it needs, which `imagesNeeded` names: every stage that the target
 * needs, every variable, ONBUILD, platforms and named contexts, as BuildKit does.
 * @throws `invalid` (`DockerfileError`) where an instruction cannot be, with its place.
 */
export function planDockerfile(dockerfile: Dockerfile, options: PlanOptions): Plan {
  const linter = linterOf(dockerfile);
  const planned = plannedStages(dockerfile, options, { linter });
  return planOf(planned);
}

/** What an image is known by: its full name, and its platform where that is another than what is built for. */
export const imageKey = (name: string, platform: Platform, target: Platform): string =>
  formatPlatform(platform) === formatPlatform(target) ? name : `${name} ${formatPlatform(platform)}`;

/** What the image that a source is is known by; undefined where it is a stage. */
export function keyOf(
  source: Source | undefined,
  { platform, options }: { readonly platform: Platform | undefined; readonly options: PlanOptions },
): string | undefined {
  const name = imageOf(source);
  return name === undefined ? undefined : imageKey(name, platform ?? options.platform, options.platform);
}

const imageOf = (source: Source | undefined): string | undefined =>
  source?.kind === 'image' || source?.kind === 'named' ? source.name : undefined;

interface How {
  readonly linter: Linter;
  /** All stages, also those that nothing needs: for the linter. */
  readonly all?: boolean;
}

export interface Resolved {
  readonly evaluation: Evaluation;
  readonly graph: Graph;
  readonly target: StageNode;
  readonly reached: ReadonlySet<StageNode>;
}

/** Which stages there are and which are needed. The triggers of bases may need more, so that is asked until nothing is new. */
export function resolved(dockerfile: Dockerfile, options: PlanOptions, { linter, all = false }: How): Resolved {
  lintStages(dockerfile, linter);
  const evaluation = evaluationOf(dockerfile, options, linter);
  const graph = graphOf(dockerfile.stages, evaluation);
  const target = targetOf(graph, evaluation);
  checkCircles(graph, evaluation);
  for (;;) {
    const reached = all ? new Set(graph.nodes) : reachedFrom(target);
    const fresh = [...reached].filter(node => !node.hasTriggers);
    if (fresh.length === 0) return { evaluation, graph, target, reached };
    for (const node of fresh) addTriggers(node, graph, evaluation);
  }
}

function targetOf({ nodes, byName }: Graph, { options, failAt }: Evaluation): StageNode {
  const last = nodes.at(-1) as StageNode;
  if (options.target === undefined) return last;
  const node =
    byName.get(options.target.toLowerCase()) ??
    (/^\d+$/.test(options.target) ? nodes[Number(options.target)] : undefined);
  if (node === undefined)
    throw failAt(last.stage.line)(
      `target stage "${options.target}" could not be found${meant(options.target, [...byName.keys()])}`,
    );
  return node;
}

function addTriggers(node: StageNode, graph: Graph, evaluation: Evaluation): void {
  node.hasTriggers = true;
  const { base, platform } = node;
  const { options } = evaluation;
  const texts =
    base.kind === 'stage'
      ? base.node.instructions.flatMap(instruction => (instruction.kind === 'onbuild' ? [instruction.text] : []))
      : [...(options.images.get(keyOf(base, { platform, options }) ?? '')?.config?.OnBuild ?? [])];
  const triggers = parseTriggers(texts, node, evaluation);
  for (const trigger of triggers) setSources(node, trigger, { ...graph, evaluation });
  node.instructions = [...triggers, ...node.instructions];
  node.triggers = triggers.length;
}

interface Planned extends Resolved {
  readonly options: PlanOptions;
  readonly states: Map<StageNode, StageState>;
  readonly steps: Step[];
  readonly images: Map<string, PlanImage>;
}

export function plannedStages(dockerfile: Dockerfile, options: PlanOptions, how: How): Planned {
  const planned = { ...resolved(dockerfile, options, how), options, states: new Map(), steps: [], images: new Map() };
  const { evaluation, graph, reached, states, steps } = planned;
  const planning: Planning = {
    evaluation,
    graph,
    steps,
    originOf: (source, instruction, state) => originOf(source, { planned, instruction, state }),
  };
  for (const node of graph.nodes) {
    if (!reached.has(node)) continue;
    const state = begin(node, planned);
    const scope = stageScope(state, planning);
    for (const instruction of node.instructions) applyInstruction(instruction, scope);
    states.set(node, state);
  }
  return planned;
}

function begin(node: StageNode, planned: Planned): StageState {
  const { base } = node;
  if (base.kind !== 'stage') return beginImage(node, base, planned);
  const from = planned.states.get(base.node) as StageState;
  planned.evaluation.spend(from.variables.size + from.history.length + from.config.labels.size);
  return stateOfStage(node, from);
}

function beginImage(node: StageNode, base: Exclude<Source, { kind: 'stage' }>, planned: Planned): StageState {
  const { evaluation, options, graph, images } = planned;
  const platform = node.platform ?? options.platform;
  const key = keyOf(base, { platform, options }) ?? '';
  const image = base.kind === 'scratch' ? undefined : options.images.get(key);
  const origin = originOfImage(base, image, platform);
  const from = origin.kind === 'image' ? { name: origin.name, platform } : undefined;
  if (image !== undefined) reportImagePlatform(node.stage, { expected: platform, actual: image }, evaluation);
  const state = stateOfImage(node, { origin, image, platform, base: from });
  if (from === undefined) return state;
  const title = titleOf(state, `FROM ${from.name}`, { evaluation, isSingle: graph.isSingle });
  if (!images.has(key)) images.set(key, { ...from, title });
  return state;
}

interface Wanted {
  readonly planned: Planned;
  readonly instruction: Instruction;
  readonly state: StageState;
}

/** Where files of a source come from; a stage has to stand before the one that takes them. */
function originOf(source: Source, { planned, instruction, state }: Wanted): Origin {
  const { states, evaluation, options, images } = planned;
  if (source.kind !== 'stage') {
    const origin = originOfImage(source, options.images.get(imageOf(source) ?? ''), options.platform);
    if (origin.kind === 'image' && !images.has(origin.name))
      images.set(origin.name, { name: origin.name, platform: origin.platform, title: `FROM ${origin.name}` });
    return origin;
  }
  const from = states.get(source.node);
  if (from === undefined)
    throw evaluation.failAt(instruction.line)(
      `cannot copy from stage "${source.node.name}", it needs to be defined before current stage "${state.node.name}"`,
    );
  return from.origin;
}

/** An image without layers is nothing; a named context that is no image is a directory. */
function originOfImage(
  source: Exclude<Source, { kind: 'stage' }>,
  image: ImageConfig | undefined,
  platform: PlanOptions['platform'],
): Origin {
  if (source.kind === 'scratch') return source;
  if (source.kind === 'named' && image === undefined) return { kind: 'context', name: source.name };
  const isEmpty = image?.rootfs.diff_ids.length === 0 && (image.history ?? []).every(line => line.empty_layer === true);
  return isEmpty ? { kind: 'scratch' } : { kind: 'image', name: source.name, platform };
}

function applyInstruction(instruction: Instruction, scope: StageScope): void {
  switch (instruction.kind) {
    case 'run':
      applyRun(instruction, scope);
      break;
    case 'copy':
    case 'add':
      applyCopy(instruction, scope);
      break;
    case 'workdir':
      applyWorkdir(instruction, scope);
      break;
    default:
      applyMetadata(instruction, scope);
      break;
  }
}

/** What the target's state comes to. */
function planOf({ evaluation, target, states, steps, images, options }: Planned): Plan {
  const { given, epoch } = evaluation;
  const state = states.get(target) as StageState;
  const { config } = state;
  return {
    images: [...images.values()],
    steps,
    result: state.origin,
    ...(state.base === undefined ? {} : { base: state.base }),
    platform: state.platform,
    config: imageConfigOf(config, options.labels),
    ...(config.author === undefined ? {} : { author: config.author }),
    history: state.history,
    ...(epoch === undefined ? {} : { epoch }),
    proxies: [...given].filter(([name]) => proxy.test(name)).map(([name, value]) => `${name}=${value}`),
  };
}

const proxy = /^(https?|ftp|no|all)_proxy$/i;
