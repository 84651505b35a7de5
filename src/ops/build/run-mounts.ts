import type { RunStep, StepMount } from '../../dockerfile/plan/plan.ts';
import { unsupported } from '../../errors.ts';
import { secretLimit } from '../../limits.ts';
import type { JobMount } from '../../runner/job.ts';
import { hostPathOf } from '../../store/disk/host-path.ts';
import { type MountCache, openMountCache } from '../../store/disk/mount-cache.ts';
import { readSmallFile } from '../../store/disk/text-file.ts';
import type { Tree } from '../../tree/node.ts';
import { encodeText, textOf } from '../../tree/path.ts';
import { find, resolvePath } from '../../tree/walk.ts';
import type { BuildSecret } from './options.ts';
import type { RunWorld } from './run-world.ts';
import type { Doing } from './steps.ts';

/** The mounts of a RUN; `release` lets others have its caches. */
interface RunMounts {
  readonly mounts: readonly JobMount[];
  readonly environment: readonly string[];
  readonly release: () => void;
}

/** A path inside a tree as a mount takes it: absolute, no symbolic link in it. */
export const placeIn = (tree: Tree, path: string): string => `/${textOf(resolvePath(tree, encodeText(path)))}`;

/** Makes what a step's mounts come from. */
export async function mountsOf(step: RunStep, doing: Doing, world: RunWorld): Promise<RunMounts> {
  const caches = new Map<string, MountCache>();
  const release = (): void => {
    for (const cache of caches.values()) cache.release();
    caches.clear();
  };
  try {
    await openCaches(step, { doing, world, caches });
    const mounts: JobMount[] = [];
    const environment: string[] = [];
    for (const mount of step.mounts) {
      const made = await jobMount(mount, { doing, world, caches });
      if (made === undefined) continue;
      mounts.push(made);
      if (mount.kind === 'ssh') environment.push(`SSH_AUTH_SOCK=${mount.target}`);
    }
    if (step.script !== undefined) {
      const { name, content } = step.script;
      const bytes = new TextEncoder().encode(content);
      mounts.push({ kind: 'file', target: `/dev/pipes/${name}`, content: bytes, mode: 0o755, uid: 0, gid: 0 });
    }
    return { mounts, environment, release };
  } catch (error) {
    release();
    throw error;
  }
}

interface Making {
  readonly doing: Doing;
  readonly world: RunWorld;
  /** By their ids. */
  readonly caches: Map<string, MountCache>;
}

async function jobMount(mount: StepMount, making: Making): Promise<JobMount | undefined> {
  switch (mount.kind) {
    case 'tmpfs':
      return { kind: 'tmpfs', target: mount.target, size: mount.size, isReadOnly: mount.readOnly };
    case 'secret': {
      const content = await secretBytes(mount, making);
      const { target, mode, uid, gid } = mount;
      return content === undefined ? undefined : { kind: 'file', target, content, mode, uid, gid };
    }
    case 'ssh':
      return agentMount(mount, making);
    case 'bind':
      return bindMount(mount, making);
    case 'cache':
      return cacheMount(mount, making);
  }
}

/** The contents of a secret; undefined where it is not given and need not be. */
export async function secretBytes(
  { id, required }: { readonly id: string; readonly required: boolean },
  { doing, world }: Pick<Making, 'doing' | 'world'>,
): Promise<Uint8Array | undefined> {
  const given: BuildSecret | undefined = world.options.secrets?.find(secret => secret.id === id);
  if (given?.value !== undefined) return new TextEncoder().encode(given.value);
  if (given?.file !== undefined)
    return readSmallFile(given.file, { limit: secretLimit, signal: doing.building.options.signal });
  if (required) throw doing.fail(`secret ${id}: not found (it is required; option secrets gives it)`);
  return undefined;
}

function agentMount(mount: Extract<StepMount, { kind: 'ssh' }>, { doing, world }: Making): JobMount | undefined {
  const id = mount.id || 'default';
  const socket = world.options.agents?.find(agent => agent.id === id)?.socket;
  if (socket === undefined) {
    if (mount.required) throw doing.fail(`ssh agent ${id}: not found (it is required; option agents gives it)`);
    return undefined;
  }
  const { path } = hostPathOf(socket);
  return {
    kind: 'bind',
    from: [path],
    path: '/',
    target: mount.target,
    isDirectory: false,
    isReadOnly: false,
    isDiscarded: false,
  };
}

async function bindMount(mount: Extract<StepMount, { kind: 'bind' }>, making: Making): Promise<JobMount> {
  const { doing, world } = making;
  const files = doing.filesOf(mount.from);
  const tree = await files.tree();
  const path = placeIn(tree, mount.source);
  const node = find(tree, encodeText(path.slice(1)));
  if (node === undefined) {
    const why = (await files.why?.())?.(encodeText(path.slice(1)));
    throw doing.fail(`"${mount.source}" not found${why === undefined ? '' : `: ${why}`}`);
  }
  if (!mount.readOnly && !world.runner.canOverlay)
    throw unsupported('a mount of RUN', 'overlayfs, which takes what is written', 'none here');
  return {
    kind: 'bind',
    from: await world.directories.of(files, doing.building),
    path,
    target: mount.target,
    isDirectory: node.kind === 'directory',
    isReadOnly: mount.readOnly,
    isDiscarded: !mount.readOnly,
  };
}

type CacheMount = Extract<StepMount, { kind: 'cache' }>;

/** Whoever wants other owners of it has another cache, as in BuildKit. */
function cacheIdOf({ id, owner, source }: CacheMount): string {
  return owner === undefined && source === '/' ? id : [id, source, owner?.mode, owner?.uid, owner?.gid].join('\0');
}

/** Opens a step's caches, each once, and all steps in one order: so no two wait for each other's. */
async function openCaches(step: RunStep, { doing, world, caches }: Making): Promise<void> {
  const wanted = new Map<string, CacheMount>();
  for (const mount of step.mounts)
    if (mount.kind === 'cache' && !wanted.has(cacheIdOf(mount))) wanted.set(cacheIdOf(mount), mount);
  const { signal } = doing.building.options;
  for (const [id, mount] of [...wanted].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const { sharing, owner } = mount;
    const cache = await openMountCache(world.mountCache, id, { sharing, owner, signal });
    caches.set(id, cache);
    if (cache.isNew && mount.from.kind !== 'scratch') await fill(cache.path, mount, { doing, world });
  }
}

function cacheMount(mount: CacheMount, { caches }: Making): JobMount {
  const { target, readOnly } = mount;
  return {
    kind: 'bind',
    from: [(caches.get(cacheIdOf(mount)) as MountCache).path],
    path: '/',
    target,
    isDirectory: true,
    isReadOnly: readOnly,
    isDiscarded: false,
  };
}

/** A new cache begins with what `from` has at `source`. */
async function fill(
  to: string,
  { from, source }: CacheMount,
  { doing, world }: Pick<Making, 'doing' | 'world'>,
): Promise<void> {
  const files = doing.filesOf(from);
  const node = find(await files.tree(), encodeText(placeIn(await files.tree(), source).slice(1)));
  if (node?.kind !== 'directory') throw doing.fail(`"${source}" is no directory`);
  await world.directories.fill(to, node, doing.building);
}
