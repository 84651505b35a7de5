import { usage } from '../errors.ts';
import { warningsOf } from '../graph/layer-label.ts';
import { blobsOf, layersOf } from '../image/layers.ts';
import { type ChosenRunner, canMakeTerminal, chooseRunner } from '../runner/choose.ts';
import type { JobMount, JobRoot } from '../runner/job.ts';
import { runJob } from '../runner/run-job.ts';
import { sizeOf } from '../spec/sizes.ts';
import { openBundle } from '../store/bundle/bundle.ts';
import { hostPathOf } from '../store/disk/host-path.ts';
import { makeStubsBelow, makeStubsIn } from '../store/disk/mount-stubs.ts';
import { readInside, resolveInside } from '../store/disk/resolve-inside.ts';
import { makeWorkspace, type Workspace } from '../store/disk/workspace.ts';
import { locate } from '../store/locate.ts';
import { type OpenedImage, OpenPlaces, pickNamed, withNamed } from '../store/open-operand.ts';
import { type Operand, subjectOf } from '../store/parse-operand.ts';
import { extractLayers } from '../store/rootfs/extract.ts';
import { followSidecar } from '../store/rootfs/follow-sidecar.ts';
import { makingOfProcess } from '../store/rootfs/powers.ts';
import { announce } from '../stream/pace.ts';
import { listOf, text } from './call-kinds.ts';
import { checkCall } from './check-call.ts';
import { bundleBase, toBundle } from './compared-side.ts';
import { KeptOutput } from './kept-output.ts';
import { networkFiles, volumeOf } from './run/mounts.ts';
import { forOneUser, oneUser } from './run/one-user.ts';
import type { RunOptions, RunResult } from './run/options.ts';
import { pointsOf } from './run/points.ts';
import { checkUser, hostname, programOf } from './run/program.ts';

type Image = Pick<OpenedImage, 'source' | 'image'>;

/** What a program runs in. */
interface Place {
  readonly image: Image;
  /** The directory of its files. */
  readonly root: string;
  /** Whether it is kept: mount points must not come into it. */
  readonly isKept: boolean;
  readonly workspace: Workspace;
  readonly warnings: readonly string[];
}

/**
 * Runs a program in an image, by docker's rules for what runs as whom, where and with which variables. An image is unpacked for
 * the time of the run, a bundle is changed in place: what is mounted for the run is nowhere in it afterwards. All that the program
 * has started ends with it, and with this process. Throws `unsupported` where no runner works here,
 * before anything is run: all need root, of the machine or of a user namespace, which the caller's process is started in
 * (`unshare --map-root-user --map-auto`).
 */
export async function run(rootfs: Operand, words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  checkCall('run', { rootfs: ['operand', rootfs], words: [listOf(text), words] }, options);
  const volumes = (options.volumes ?? []).map(volumeOf);
  const place = await openRun(rootfs, options);
  const { workspace } = place;
  try {
    const runner = await chooseRunner(options.runner ?? 'auto', { work: workspace.path, signal: options.signal });
    return await runIn(place, words, { options, runner, volumes });
  } finally {
    await workspace.remove();
  }
}

async function openRun(rootfs: Operand, options: RunOptions): Promise<Place> {
  const found = await locate(rootfs, new OpenPlaces(options));
  if (found.kind === 'bundle') {
    const bundle = openBundle(found.directory);
    const image = await bundleBase(bundle, options);
    const workspace = await makeWorkspace(bundle.directory);
    return { image, root: hostPathOf(bundle.rootfs).path, isKept: true, workspace, warnings: [] };
  }
  if (found.kind !== 'image')
    throw usage(subjectOf(rootfs), 'expected an image or a bundle, got another root filesystem', toBundle);
  const image = await pickNamed(await withNamed(found), options);
  const workspace = await makeWorkspace(options.temporary ?? '/var/tmp');
  try {
    return await unpacked(image, workspace, options);
  } catch (error) {
    await workspace.remove();
    throw error;
  }
}

async function unpacked({ source, image }: Image, workspace: Workspace, options: RunOptions): Promise<Place> {
  const layers = layersOf(image);
  announce(options, 'unpacking', sizeOf(blobsOf(layers)));
  const root = workspace.make('rootfs');
  const { warnings } = await extractLayers(source, layers, {
    directory: root,
    hashContents: false,
    inBundle: false,
    ...makingOfProcess(),
  });
  const more = await warningsOf(source, blobsOf(layers));
  return { image: { source, image }, root, isKept: false, workspace, warnings: [...warnings, ...more] };
}

interface Running {
  readonly options: RunOptions;
  readonly runner: ChosenRunner;
  readonly volumes: readonly JobMount[];
}

async function runIn(
  place: Place,
  words: readonly string[],
  { options, runner, volumes }: Running,
): Promise<RunResult> {
  const { image, root, workspace } = place;
  const users = { passwd: readInside(root, '/etc/passwd'), group: readInside(root, '/etc/group') };
  const config = image.image.config.value.config ?? {};
  const program = programOf(config, words, { options, users });
  checkUser(program.user, runner);
  const { hasOneID } = runner;
  const isShared = program.terminal !== undefined && !canMakeTerminal(runner);
  const said = isShared
    ? ['the program shares this terminal: no program script (util-linux) makes it one of its own']
    : [];
  const inside = {
    ...program,
    terminal: isShared ? undefined : program.terminal,
    environment: hasOneID ? forOneUser(program.environment) : program.environment,
    directory: resolveInside(root, program.directory).path,
  };
  const mounts = [...networkFiles(hostname), ...volumes, ...(hasOneID ? oneUser.mounts : [])].map(mount => ({
    ...mount,
    target: resolveInside(root, mount.target).path,
  }));
  const kept = new KeptOutput();
  announce(options, 'running');
  const { root: jobRoot, end } = await rootOf(place, mounts, runner);
  try {
    const job = { program: inside, root: jobRoot, mounts, work: workspace.make('job') };
    const { status, unstarted } = await runJob(runner, job, {
      streams: kept.streamsFor(options.streams ?? 'keep'),
      signal: options.signal,
      signals: options.signals,
    });
    const { digest } = image.image.manifest.descriptor;
    const warnings = [...place.warnings, ...said];
    return { status, unstarted: unstarted?.message ?? null, manifest: digest, ...kept.texts(), warnings };
  } finally {
    await end();
  }
}

/** The root as a runner takes it. In what is kept, mount points come from a directory below it, or are taken away again, and what its sidecar says goes with its files. */
async function rootOf(
  { root, isKept, workspace }: Place,
  mounts: readonly JobMount[],
  { canOverlay }: ChosenRunner,
): Promise<{ readonly root: JobRoot; readonly end: () => Promise<void> }> {
  const plain = { kind: 'directory', path: root, stubs: undefined } as const;
  if (!isKept) return { root: plain, end: async () => undefined };
  const follow = (await followSidecar(root)) ?? (async () => undefined);
  const points = pointsOf(mounts);
  const stubs = workspace.make('stubs');
  if (!makeStubsBelow(root, stubs, points)) return { root: plain, end: follow };
  if (canOverlay) return { root: { ...plain, stubs }, end: follow };
  const undo = makeStubsIn(root, points);
  return {
    root: plain,
    end: async () => {
      undo();
      await follow();
    },
  };
}
