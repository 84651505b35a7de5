import { badOption, unsupported } from '../errors.ts';
import { findProgram } from '../store/disk/find-program.ts';
import { hasOneID, isInUserNamespace, isRoot } from '../store/disk/user-ids.ts';
import type { Program } from './job.ts';
import { bwrap, chroot, nschroot } from './nschroot.ts';
import { crun, runc } from './oci.ts';
import { whyNone } from './own-namespace.ts';
import { overlayOptions } from './prepared-mounts.ts';
import { runTree } from './process-tree.ts';
import { hostPath } from './root-script.ts';
import type { Runner, RunnerChoice, RunnerName } from './runner.ts';
import { quoted } from './shell.ts';

/** A runner that works here. */
export interface ChosenRunner extends Runner {
  /** This process, and so every run, is in a user namespace. */
  readonly isInNamespace: boolean;
  /** There is nobody but root in it. */
  readonly hasOneID: boolean;
  /** Whether overlayfs can be mounted for a run. */
  readonly canOverlay: boolean;
}

const known: Readonly<Record<RunnerName, Runner>> = { nschroot, bwrap, runc, crun, chroot };
const inOrder: readonly RunnerName[] = ['nschroot', 'bwrap', 'runc', 'crun', 'chroot'];

/** What distributions call the packages that programs come in, where it is another name. */
const packages: Readonly<Record<string, string>> = {
  setpriv: 'util-linux',
  unshare: 'util-linux',
  mount: 'mount or util-linux',
  mkfifo: 'coreutils',
  base64: 'coreutils',
  bwrap: 'bubblewrap',
};

/** The command line runs itself again in a namespace; a process that uses the library is not ocikit's to do that with. */
const ofNamespaces = `\`unshare --map-root-user --map-auto\` starts a program of the library's in one; ${whyNone}`;

/** What trying takes. */
interface Probing {
  /** A directory of ours. */
  readonly work: string;
  readonly signal: AbortSignal | undefined;
}

/** The command that makes the namespaces of a run. */
export function namespaceWords(
  { name, hasPids }: Pick<Runner, 'name' | 'hasPids'>,
  network: Program['network'],
): readonly string[] {
  if (name === 'bwrap') {
    const all = ['--dev-bind', '/', '/', '--cap-add', 'ALL', '--die-with-parent'];
    const kinds = ['--unshare-pid', '--unshare-ipc', '--unshare-uts', ...(network === 'none' ? ['--unshare-net'] : [])];
    return ['bwrap', ...all, ...kinds, '--'];
  }
  const pids = hasPids ? ['--pid', '--fork', '--kill-child'] : [];
  return ['unshare', '--mount', '--ipc', '--uts', ...pids, ...(network === 'none' ? ['--net'] : []), '--'];
}

/** Why a runner does not work here; or, where it does, whether overlayfs can be mounted for it. */
async function tried(runner: Runner, { work, signal }: Probing): Promise<string | { readonly canOverlay: boolean }> {
  if (!isRoot()) return `it needs root, of the machine or of a user namespace (${ofNamespaces})`;
  const missing = ['setpriv', 'unshare', 'mkfifo', ...runner.programs].find(
    name => findProgram(name, hostPath) === undefined,
  );
  if (missing !== undefined) return `no program ${missing} (package ${packages[missing] ?? missing})`;
  const options = `${overlayOptions(isInUserNamespace())}lowerdir=probe-l,upperdir=probe-u`;
  const mount = (...rest: readonly string[]): string =>
    `mount -n -t overlay -o ${[options, ...rest].join(',')} overlay probe-m`;
  const script = [
    `cd ${quoted(work)} 2>&4 || exit`,
    // To unmount what is not volatile waits until all that anybody has written to the file system is on the disk.
    `(mkdir -p probe-l probe-u probe-v probe-w probe-m && { ${mount('workdir=probe-v', 'volatile')} || ${mount('workdir=probe-w')}; } && umount -n probe-m) 2>/dev/null && printf overlay`,
    'rm -rf probe-? 2>/dev/null',
    'mount -n -t tmpfs tmpfs /tmp 2>&4 && printf ready >&4',
  ].join('\n');
  const said = { stdout: '', stderr: '' };
  const { hasBegun, report } = await runTree({
    words: namespaceWords(runner, 'host'),
    script,
    streams: {
      kind: 'take',
      take: (chunk, stream) => {
        said[stream] += String(chunk);
      },
    },
    work,
    signal,
    signals: undefined,
    hasPids: runner.hasPids,
  });
  if (hasBegun) return { canOverlay: said.stdout === 'overlay' };
  return `${report}${said.stderr}`.trim().split('\n')[0] || 'namespaces are refused';
}

/** Whether a runner can give a program a terminal of its own: the runtimes make one themselves. */
export const canMakeTerminal = ({ name }: Pick<Runner, 'name'>): boolean =>
  name === 'runc' || name === 'crun' || findProgram('script', hostPath) !== undefined;

/** What has been found out by this process, by what was asked for and where. */
const chosen = new Map<string, Promise<ChosenRunner>>();

/**
 * The runner that is asked for, or of all the first that works here. Throws `unsupported` with the reason of each where none
 * does, before anything has been done.
 */
export function chooseRunner(choice: RunnerChoice, { work, signal }: Probing): Promise<ChosenRunner> {
  // What works for one directory works for its neighbours.
  const key = `${choice} ${work.slice(0, work.lastIndexOf('/'))}`;
  const known = chosen.get(key) ?? choose(choice, { work, signal });
  chosen.set(key, known);
  known.catch(() => chosen.delete(key));
  return known;
}

async function choose(choice: RunnerChoice, { work, signal }: Probing): Promise<ChosenRunner> {
  if (choice === 'none')
    throw badOption('runner', 'expected a runner, got none', { hint: 'nothing can be run without' });
  const reasons: string[] = [];
  for (const name of choice === 'auto' ? inOrder : [choice]) {
    const runner = known[name];
    const found = await tried(runner, { work, signal });
    if (typeof found !== 'string')
      return { ...runner, ...found, isInNamespace: isInUserNamespace(), hasOneID: hasOneID() };
    reasons.push(`${name}: ${found}`);
  }
  throw unsupported('runner', 'a way to run programs in a root filesystem', 'none that works here', {
    hint: reasons.join('; '),
  });
}
