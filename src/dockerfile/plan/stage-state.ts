import type { ContainerConfig, Healthcheck, ImageConfig, Platform } from '../../spec/objects.ts';
import { type Environment, environmentOf, setEntry, variablesOf } from '../environment.ts';
import type { DockerfileLine } from '../lines.ts';
import type { StageNode } from './graph.ts';
import { joined } from './paths.ts';
import type { Origin, Plan, PlanHistory } from './plan.ts';
import { setVariable, type Variables } from './variables.ts';

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A stage while its instructions change it. */
export interface StageState {
  readonly node: StageNode;
  readonly base: Plan['base'];
  readonly platform: Platform;
  origin: Origin;
  /** What expansion sees: the environment, and what ARG declared. */
  readonly variables: Variables;
  /** The arguments declared so far, in the order of their first declaration, with what they would be without a variable. */
  readonly declared: Map<string, string>;
  readonly config: StageConfig;
  readonly history: PlanHistory[];
  directory: string;
  hasDirectory: boolean;
  /** Where the last of its kind stands in this stage: what the linter says when there is another. */
  readonly last: Map<'CMD' | 'ENTRYPOINT' | 'HEALTHCHECK', DockerfileLine>;
  /** How many steps have been titled, and of how many. */
  titled: number;
  readonly total: number;
}

/** The container's config, with maps where a Dockerfile adds to it line by line. */
interface StageConfig {
  readonly env: Environment;
  readonly labels: Map<string, string>;
  readonly ports: Set<string>;
  readonly volumes: Set<string>;
  readonly triggers: string[];
  /** Fields that no instruction speaks of. */
  readonly others: ContainerConfig;
  author: string | undefined;
  shell: readonly string[];
  entrypoint: readonly string[] | undefined;
  command: readonly string[] | undefined;
  argsEscaped: boolean | undefined;
  user: string;
  directory: string;
  signal: string;
  healthcheck: Healthcheck | undefined;
}

const titled: ReadonlySet<string> = new Set(['add', 'copy', 'run', 'workdir']);

/** Of how many steps progress speaks: every trigger counts, whatever it does. */
const stepsOf = ({ instructions, triggers }: StageNode): number =>
  triggers + instructions.slice(triggers).filter(instruction => titled.has(instruction.kind)).length;

/** The state that a stage begins with, of an image or of nothing. Triggers have been taken out of the config. */
export function stateOfImage(
  node: StageNode,
  {
    origin,
    image,
    platform,
    base,
  }: Pick<StageState, 'origin' | 'platform' | 'base'> & { readonly image: ImageConfig | undefined },
): StageState {
  const config = configOf(
    image?.config ?? (origin.kind === 'scratch' && image === undefined ? { WorkingDir: '/' } : {}),
  );
  config.author = image?.author;
  const total = stepsOf(node) + (node.base.kind === 'scratch' ? 0 : 1);
  const state = stateWith(node, config, { base, platform, origin, total });
  return begun(state);
}

/** The state that a stage begins with that stands on another: all of it but triggers, with maps of its own. */
export function stateOfStage(node: StageNode, from: StageState): StageState {
  const { config } = from;
  const own: StageConfig = {
    ...config,
    env: environmentOf(config.env.entries),
    labels: new Map(config.labels),
    ports: new Set(config.ports),
    volumes: new Set(config.volumes),
    triggers: [],
  };
  const { base, platform, origin } = from;
  const state = stateWith(node, own, { base, platform, origin, total: stepsOf(node) });
  for (const [name, value] of from.variables) state.variables.set(name, value);
  for (const [name, value] of from.declared) state.declared.set(name, value);
  for (const one of from.history) state.history.push(one);
  state.directory = from.directory;
  state.hasDirectory = from.hasDirectory;
  return begun(state);
}

function stateWith(
  node: StageNode,
  config: StageConfig,
  more: Pick<StageState, 'base' | 'platform' | 'origin' | 'total'>,
): StageState {
  const empty = { variables: new Map(), declared: new Map(), history: [], last: new Map() };
  return { node, config, ...empty, directory: '/', hasDirectory: false, titled: 0, ...more };
}

/** The environment of the config is what variables start with; without PATH there would be no commands. */
function begun(state: StageState): StageState {
  const { config, variables, platform } = state;
  if (!config.env.places.has('PATH') && platform.os !== 'windows') setEntry(config.env, 'PATH', defaultPath);
  for (const [name, value] of variablesOf(config.env)) setVariable(variables, name, value);
  if (config.directory !== '') state.directory = joined('/', config.directory);
  return state;
}

function configOf(config: ContainerConfig): StageConfig {
  const { Env, Labels, ExposedPorts, Volumes, OnBuild, Shell, Entrypoint, Cmd, User, WorkingDir, StopSignal, ...rest } =
    config;
  const { Healthcheck: healthcheck, ArgsEscaped: argsEscaped, ...others } = rest;
  void OnBuild;
  return {
    env: environmentOf(Env ?? []),
    labels: new Map(Object.entries(Labels ?? {})),
    ports: new Set(Object.keys(ExposedPorts ?? {})),
    volumes: new Set(Object.keys(Volumes ?? {})),
    triggers: [],
    others,
    author: undefined,
    shell: Shell ?? [],
    entrypoint: Entrypoint ?? undefined,
    command: Cmd ?? undefined,
    argsEscaped,
    user: User ?? '',
    directory: WorkingDir ?? '',
    signal: StopSignal ?? '',
    healthcheck: healthcheck ?? undefined,
  };
}

/** The config as an image has it: fields that say nothing are left out. */
export function imageConfigOf(config: StageConfig, labels: Readonly<Record<string, string>> = {}): ContainerConfig {
  const all = new Map([...config.labels, ...Object.entries(labels)]);
  const emptied = (names: ReadonlySet<string>): Record<string, object> =>
    Object.fromEntries([...names].map(name => [name, {}]));
  const fields: readonly (readonly [string, unknown, boolean])[] = [
    ['User', config.user, config.user !== ''],
    ['ExposedPorts', emptied(config.ports), config.ports.size > 0],
    ['Env', config.env.entries, config.env.entries.length > 0],
    ['Entrypoint', config.entrypoint, config.entrypoint !== undefined],
    ['Cmd', config.command, config.command !== undefined],
    ['Volumes', emptied(config.volumes), config.volumes.size > 0],
    ['WorkingDir', config.directory, config.directory !== ''],
    ['Labels', Object.fromEntries(all), all.size > 0],
    ['StopSignal', config.signal, config.signal !== ''],
    ['ArgsEscaped', config.argsEscaped, config.argsEscaped === true],
    ['Healthcheck', config.healthcheck, config.healthcheck !== undefined],
    ['OnBuild', config.triggers, config.triggers.length > 0],
    ['Shell', config.shell, config.shell.length > 0],
  ];
  const kept = fields.filter(([, , says]) => says).map(([name, value]) => [name, value] as const);
  return { ...config.others, ...Object.fromEntries(kept) };
}

const defaultShell: readonly string[] = ['/bin/sh', '-c'];
const windowsShell: readonly string[] = ['cmd', '/S', '/C'];

/** A command line for the stage's shell. */
export function inShell({ config, platform }: StageState, words: readonly string[]): readonly string[] {
  const usual = platform.os === 'windows' ? windowsShell : defaultShell;
  return [...(config.shell.length > 0 ? config.shell : usual), words.join(' ')];
}
