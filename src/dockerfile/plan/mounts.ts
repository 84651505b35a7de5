import type { InstructionOf } from '../instruction.ts';
import type { MountFlag } from '../run-mount.ts';
import { cleanPath } from './paths.ts';
import type { Origin, RunStep, StepMount } from './plan.ts';
import type { StageScope } from './stage-scope.ts';

interface Around {
  readonly scope: StageScope;
  readonly instruction: InstructionOf<'run'>;
}

/** The mounts of RUN, and the secrets that are variables. */
export function mountsOf(flags: readonly MountFlag[], around: Around): Pick<RunStep, 'mounts' | 'secrets'> {
  const mounts: StepMount[] = [];
  const secrets: { name: string; id: string; required: boolean }[] = [];
  let agents = 0;
  for (const [index, flag] of flags.entries()) {
    if (flag.type === 'secret') {
      const { id, target } = secretOf(flag);
      if (flag.env !== undefined) secrets.push({ name: flag.env, id, required: flag.required });
      if (target !== '') mounts.push({ kind: 'secret', id, target, required: flag.required, ...ownerOf(flag, 0o400) });
    } else if (flag.type === 'ssh') {
      const target = flag.target === '' ? `/run/buildkit/ssh_agent.${agents++}` : flag.target;
      mounts.push({ kind: 'ssh', id: flag.id, target, required: flag.required, ...ownerOf(flag, 0o600) });
    } else mounts.push(treeMount(flag, index, around));
  }
  return { mounts: mounts.sort(compareMounts), secrets };
}

/** A mount inside another has to come after it; files come last. */
function compareMounts(one: StepMount, other: StepMount): number {
  const [first, second] = [rankOf(one), rankOf(other)];
  if (first !== second) return first - second;
  return first > 0 || one.target === other.target ? 0 : one.target < other.target ? -1 : 1;
}

const rankOf = ({ kind }: StepMount): number => (kind === 'secret' ? 1 : kind === 'ssh' ? 2 : 0);

/** Without a target it is a file in `/run/secrets`, unless it is a variable. */
function secretOf({ id, source, target, env }: MountFlag): { readonly id: string; readonly target: string } {
  const baseOf = (path: string): string =>
    path
      .split('/')
      .filter(name => name !== '')
      .at(-1) ?? '/';
  const named = source === '' ? (id === '' ? baseOf(target) : id) : source;
  return { id: named, target: target === '' && env === undefined ? `/run/secrets/${baseOf(named)}` : target };
}

function ownerOf({ mode, uid, gid }: MountFlag, usual: number): { mode: number; uid: number; gid: number } {
  return { mode: mode ?? usual, uid: uid ?? 0, gid: gid ?? 0 };
}

function treeMount(flag: MountFlag, index: number, { scope, instruction }: Around): StepMount {
  const { state, evaluation } = scope;
  const isAbsolute = flag.target.startsWith('/');
  const target = isAbsolute ? flag.target : cleanPath(`${state.directory}/${flag.target}`);
  if (target === '/') throw evaluation.failAt(instruction.line)('invalid mount target "/"');
  if (flag.type === 'tmpfs') return { kind: 'tmpfs', target, size: flag.size, readOnly: flag.readOnly };
  const source = cleanPath(flag.source);
  const given = state.node.sources.get(instruction)?.[index];
  const from: Origin =
    given !== undefined
      ? scope.originOf(given, instruction)
      : flag.type === 'cache'
        ? { kind: 'scratch' }
        : { kind: 'context' };
  if (flag.type !== 'cache') return { kind: 'bind', from, source, target, readOnly: flag.readOnly };
  const hasOwner = source === '/' && (flag.uid !== undefined || flag.gid !== undefined || flag.mode !== undefined);
  return {
    kind: 'cache',
    id: flag.id === '' ? cacheName(flag.target) : flag.id,
    sharing: flag.sharing === '' ? 'shared' : flag.sharing,
    from,
    source,
    target,
    readOnly: flag.readOnly,
    ...(hasOwner ? { owner: ownerOf(flag, 0o755) } : {}),
  };
}

/** A cache without a name is called as its target is written, which a relative one keeps. */
function cacheName(target: string): string {
  const clean = cleanPath(target);
  return target.startsWith('/') ? clean : clean === '/' ? '.' : clean.slice(1);
}
