import type { RunStep } from '../../dockerfile/plan/plan.ts';
import { resolveUser } from '../../image/user.ts';
import type { Directories, JobMount, JobRoot, Program } from '../../runner/job.ts';
import { runJob } from '../../runner/run-job.ts';
import { readInside } from '../../store/disk/resolve-inside.ts';
import { makeUpper } from '../../store/rootfs/upper.ts';
import type { Tree } from '../../tree/node.ts';
import { encodeText } from '../../tree/path.ts';
import { find } from '../../tree/walk.ts';
import { KeptOutput } from '../kept-output.ts';
import { networkFiles } from '../run/mounts.ts';
import { forOneUser, oneUser } from '../run/one-user.ts';
import { isStubNeeded, makeStubsIn, makeStubsOf, pointsOf } from '../run/points.ts';
import { checkUser } from '../run/program.ts';
import type { Teller } from './log.ts';
import { ranLayer } from './run-layer.ts';
import { mountsOf, placeIn, secretBytes } from './run-mounts.ts';
import type { RunWorld } from './run-world.ts';
import type { Doing, Made } from './steps.ts';

/** What BuildKit calls the machine. */
const hostname = 'buildkitsandbox';
/** So many directories lie on one another for a run at most. */
const deepest = 100;
/** So much of the end of the output is a part of the error. */
const [lastLines, lastCharacters] = [10, 1000];

/** Runs a step's program on the files below it; what it changed is the layer. Throws with its status and last lines where it fails. */
export async function runLayer(step: RunStep, doing: Doing, tell: Teller): Promise<Made> {
  const { building, below } = doing;
  const world = await building.runs.world();
  const tree = await below.tree();
  const lower = await lowerOf(doing, world);
  const program = await programOf(step, { doing, world, tree, lower });
  const { mounts, environment, release } = await mountsOf(step, doing, world);
  const { hosts, sharedMemory } = world.options;
  const memory =
    sharedMemory === undefined
      ? []
      : [{ kind: 'tmpfs', target: '/dev/shm', size: sharedMemory, isReadOnly: false } as const];
  const { hasOneID } = world.runner;
  const placed = [...networkFiles(hostname, hosts), ...memory, ...mounts, ...(hasOneID ? oneUser.mounts : [])].map(
    mount => ({
      ...mount,
      target: targetIn(tree, mount.target),
    }),
  );
  try {
    const all = [...program.environment, ...environment];
    const made = { ...program, environment: hasOneID ? forOneUser(all) : all };
    const upper = world.runner.canOverlay ? makeUpper(world.workspace.make('upper'), tree) : undefined;
    await runIn(made, { step, doing, world, tree, lower, upper, mounts: placed, tell });
    release();
    return await ranLayer({ doing, tree, lower, upper, hasOneID });
  } finally {
    release();
  }
}

/** The files below a run as directories; where overlayfs cannot be mounted, one that the run changes itself. */
async function lowerOf({ building, below }: Doing, { directories, runner }: RunWorld): Promise<Directories> {
  if (!runner.canOverlay) return [await directories.own(below, building)];
  const all = await directories.of(below, building);
  return all.length < deepest ? all : [await directories.own(below, building)];
}

interface Around {
  readonly doing: Doing;
  readonly world: RunWorld;
  readonly tree: Tree;
  readonly lower: Directories;
}

async function programOf(step: RunStep, { doing, world, tree, lower }: Around): Promise<Program> {
  const read = (path: string): string => textIn(lower, tree, path);
  const { home, ...user } = resolveUser(step.user, { passwd: read('/etc/passwd'), group: read('/etc/group') });
  checkUser(user, world.runner);
  const environment = [...doing.building.plan.proxies, ...step.environment];
  const hasHome = environment.some(entry => entry.startsWith('HOME='));
  return {
    arguments: step.arguments,
    environment: hasHome ? environment : [...environment, `HOME=${home ?? '/'}`],
    secrets: await secretVariables(step, doing, world),
    directory: placeIn(tree, step.directory),
    user,
    hostname,
    network: step.network === 'none' || world.options.network === 'none' ? 'none' : 'host',
    isPrivileged: false,
    terminal: undefined,
  };
}

async function secretVariables(
  { secrets }: RunStep,
  doing: Doing,
  world: RunWorld,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const secret of secrets) {
    if (!/^[A-Za-z_]\w*$/.test(secret.name))
      throw doing.fail(`secret ${secret.id}: no name of a variable: ${secret.name}`);
    const bytes = await secretBytes(secret, { doing, world });
    if (bytes !== undefined) found.set(secret.name, new TextDecoder().decode(bytes));
  }
  return found;
}

/** A small file of the stage, by the directories that it lies in. */
function textIn(lower: Directories, tree: Tree, path: string): string {
  const place = placeIn(tree, path);
  if (find(tree, encodeText(place.slice(1)))?.kind !== 'file') return '';
  for (const directory of [...lower].reverse()) {
    const text = readInside(directory, place);
    if (text !== '') return text;
  }
  return '';
}

/** Where a mount goes; what every container has mounted itself is as it is. */
const targetIn = (tree: Tree, target: string): string => (isStubNeeded(target) ? placeIn(tree, target) : target);

interface RunningIn extends Around {
  readonly step: RunStep;
  readonly upper: string | undefined;
  readonly mounts: readonly JobMount[];
  readonly tell: Teller;
}

async function runIn(
  program: Program,
  { step, doing, world, tree, lower, upper, mounts, tell }: RunningIn,
): Promise<void> {
  const { signal } = doing.building.options;
  const points = pointsOf(mounts);
  const [own] = lower;
  const undo = upper === undefined ? makeStubsIn(own as string, points) : (): void => undefined;
  try {
    const root: JobRoot =
      upper === undefined
        ? { kind: 'directory', path: own as string, stubs: undefined }
        : { kind: 'overlay', lower: [makeStubsOf(tree, world.workspace.make('stubs'), points), ...lower], upper };
    const kept = new KeptOutput();
    const job = { program, root, mounts, work: world.workspace.make('job') };
    const { status, unstarted } = await runJob(world.runner, job, {
      streams: kept.streamsFor('keep', text => tell.output(text)),
      signal,
      signals: undefined,
    });
    if (status !== 0) throw doing.fail(failureOf(step, status, unstarted?.message ?? lastOf(kept)));
  } finally {
    undo();
  }
}

/** What a program said last. */
function lastOf(kept: KeptOutput): string {
  const { stdout, stderr } = kept.texts();
  const lines = `${stdout ?? ''}\n${stderr ?? ''}`.split('\n').filter(text => text.trim() !== '');
  return lines.slice(-lastLines).join('\n').slice(-lastCharacters);
}

/** BuildKit's sentence, and why. */
function failureOf({ arguments: words }: RunStep, status: number, why: string): string {
  const said = why === '' ? '' : why.includes('\n') ? `:\n${why}` : `: ${why}`;
  return `process "${words.join(' ')}" did not complete successfully: exit code: ${status}${said}`;
}
