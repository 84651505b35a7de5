import type { CopySource, Origin, Plan, RunStep, Step, StepMount } from '../dockerfile/plan/plan.ts';
import { parseModeChange } from '../tree/symbolic-mode.ts';

type Lowered = Record<string, unknown>;

/** A plan as BuildKit's low-level operations, in the order in which it writes them: what the fixtures hold. */
export function loweredPlan(plan: Plan, hasTitles: boolean): readonly Lowered[] {
  const operations: Lowered[] = [];
  const places = new Map<string, number>();
  const add = (operation: Lowered, title: string | undefined): number => {
    const key = JSON.stringify(operation);
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, operations.length);
    operations.push(hasTitles && title !== undefined ? { ...operation, title } : operation);
    return operations.length - 1;
  };
  const lower = (origin: Origin): number | undefined => {
    if (origin.kind === 'scratch') return undefined;
    if (origin.kind === 'context') return add({ source: 'local://context', step: 'source' }, undefined);
    if (origin.kind === 'image') {
      const image = plan.images.find(({ name }) => name === origin.name);
      return add({ source: `docker-image://${origin.name}`, step: 'source' }, image?.title);
    }
    const step = plan.steps[origin.step] as Step;
    return lowerStep(step, lower, add);
  };
  const result = lower(plan.result);
  if (result !== undefined) operations.push({ inputs: [result], step: 'result' });
  return operations;
}

type Lower = (origin: Origin) => number | undefined;
type Add = (operation: Lowered, title: string | undefined) => number;

const listed = (inputs: readonly (number | undefined)[]): Lowered => {
  const known = inputs.filter(input => input !== undefined);
  return known.length > 0 ? { inputs: [...new Set(known)] } : {};
};

function lowerStep(step: Step, lower: Lower, add: Add): number {
  switch (step.kind) {
    case 'directory': {
      const parent = lower(step.parent);
      const made = { do: 'mkdir', mode: '755', parents: true, path: clean(step.path), ...ownerOf(step.owner) };
      return add({ actions: [made], step: 'file', ...listed([parent]) }, step.title);
    }
    case 'copy':
      return lowerCopy(step, lower, add);
    case 'run':
      return lowerRun(step, lower, add);
  }
}

const clean = (path: string): string => {
  const names: string[] = [];
  for (const name of path.split('/'))
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  return `/${names.join('/')}`;
};

const idOf = (text: string): string | number =>
  /^\d+$/.test(text) ? Number(text) : text === '' || text === 'root' ? 0 : text;

function ownerOf(owner: string): Lowered {
  if (owner === '') return {};
  const [user = '', group] = owner.split(':');
  return { owner: { user: idOf(user), ...(group === undefined ? {} : { group: idOf(group) }) } };
}

function lowerCopy(step: Extract<Step, { kind: 'copy' }>, lower: Lower, add: Add): number {
  const isMerged = step.link && step.mode === '';
  const parent = isMerged ? undefined : lower(step.parent);
  const below = isMerged ? lower(step.parent) : undefined;
  const reversed = step.sources.toReversed().map(source => [source, sourceOf(source, { step, lower, add })] as const);
  const places = new Map(reversed);
  const actions = step.sources.map(source => ({
    do: 'copy',
    dest: step.destination,
    src: source.path,
    ...(places.get(source) === undefined ? {} : { from: places.get(source) }),
    ...ownerOf(step.owner),
    ...modeOf(step.mode),
    ...(step.exclude.length > 0 ? { exclude: step.exclude } : {}),
    ...(source.from.kind === 'inline' || remoteOf(source) !== undefined
      ? {}
      : {
          contents: true,
          followSymlink: true,
          wildcard: true,
          ...(source.unpack ? { unpack: true } : {}),
          ...(source.include === undefined ? {} : { include: [source.include] }),
          ...(source.required === undefined ? {} : { required: [source.required] }),
        }),
  }));
  const inputs = listed([parent, ...step.sources.map(source => places.get(source))]);
  const file = add({ actions, step: 'file', ...inputs }, step.title);
  if (!isMerged || below === undefined) return file;
  return add({ inputs: [below, file], step: 'merge' }, step.title.replace(/\] (?:ONBUILD )?/, '$&LINK '));
}

function modeOf(mode: string): Lowered {
  if (mode === '') return {};
  if (!/^\d/.test(mode)) return { mode: '0', modeText: mode };
  return { mode: parseModeChange(mode, message => new Error(message))(0, false).toString(8) };
}

const remoteOf = ({ from }: CopySource): string | undefined => (from.kind === 'remote' ? from.address : undefined);

function sourceOf(
  source: CopySource,
  { step, lower, add }: { readonly step: Step; readonly lower: Lower; readonly add: Add },
): number | undefined {
  const remote = remoteOf(source);
  if (remote !== undefined) return add({ source: remote, step: 'source' }, step.title);
  if (source.from.kind === 'remote') return undefined;
  if (source.from.kind !== 'inline') return lower(source.from);
  const made = { data: source.from.content, do: 'mkfile', mode: '644', path: source.path };
  return add({ actions: [made], step: 'file' }, '[internal] preparing inline document');
}

function lowerRun(step: RunStep, lower: Lower, add: Add): number {
  const parent = lower(step.parent);
  const inputs: (number | undefined)[] = [parent];
  const mounts: Lowered[] = [];
  if (step.script !== undefined) {
    const { name, content } = step.script;
    const made = { data: content, do: 'mkfile', mode: '755', path: `/${name}` };
    const input = add({ actions: [made], step: 'file' }, '[internal] preparing inline document');
    inputs.push(input);
    mounts.push({ input, readonly: true, source: '/', target: '/dev/pipes/', type: 'bind' });
  }
  for (const mount of step.mounts) {
    const { input, lowered } = lowerMount(mount, lower, add);
    if (input !== undefined) inputs.push(input);
    mounts.push(lowered);
  }
  const agent = step.mounts.find(({ kind }) => kind === 'ssh');
  const operation = {
    args: step.arguments,
    cwd: step.directory,
    env: [...step.environment, ...(agent === undefined ? [] : [`SSH_AUTH_SOCK=${agent.target}`])],
    step: 'run',
    ...listed(inputs),
    ...(mounts.length > 0 ? { mounts } : {}),
    ...(step.user === '' ? {} : { user: step.user }),
    ...(step.network === 'default' ? {} : { network: step.network }),
    ...(step.security === 'sandbox' ? {} : { security: step.security }),
    ...(step.secrets.length > 0
      ? {
          secretEnv: step.secrets.map(({ name, id, required }) => ({
            id,
            name,
            ...(required ? {} : { optional: true }),
          })),
        }
      : {}),
  };
  return add(operation, step.title);
}

function lowerMount(
  mount: StepMount,
  lower: Lower,
  add: Add,
): { readonly input?: number | undefined; readonly lowered: Lowered } {
  const { kind: type, target } = mount;
  if (mount.kind === 'secret' || mount.kind === 'ssh') {
    const { id, required, mode, uid, gid } = mount;
    return { lowered: { type, target, [mount.kind]: { gid, id, mode, optional: !required, uid } } };
  }
  const readOnly = mount.readOnly ? { readonly: true } : {};
  if (mount.kind === 'tmpfs')
    return { lowered: { type, target, ...(mount.size > 0 ? { size: mount.size } : {}), ...readOnly } };
  let [input, source] = [lower(mount.from), mount.source];
  if (mount.kind === 'cache' && mount.owner !== undefined) {
    const { mode, uid, gid } = mount.owner;
    const made = { do: 'mkdir', mode: mode.toString(8), owner: { group: gid, user: uid }, path: '/cache' };
    input = add({ actions: [made], step: 'file', ...listed([input]) }, '[internal] setting cache mount permissions');
    source = '/cache';
  }
  const cache = mount.kind === 'cache' ? { cacheID: `/${mount.id}`, sharing: mount.sharing } : {};
  const from = { ...(input === undefined ? {} : { input }), ...(source === '/' ? {} : { source }) };
  return { input, lowered: { type, target, ...from, ...cache, ...readOnly } };
}
