import { capabilitiesOf, linux, type Mount, mounts as standardMounts } from '../image/runtime-defaults.ts';
import { encodeJson } from '../spec/document.ts';
import { allGroups, type Job, type Program } from './job.ts';
import { devices as names, standardOptions } from './nschroot.ts';
import { optionsOf, type PreparedMount, prepareMounts } from './prepared-mounts.ts';
import { loopbackLines, openLines, rootLines, streams } from './root-script.ts';
import type { Isolation, Runner } from './runner.ts';
import { quoted, writing } from './shell.ts';

/** A mount of the run as runtime-spec has it. */
function mountOf(mount: PreparedMount): Mount {
  const [destination, options] = [mount.target, optionsOf(mount)];
  if (mount.kind === 'tmpfs') return { destination, type: 'tmpfs', source: 'tmpfs', options };
  const mode = mount.isReadOnly ? [] : ['rw'];
  return { destination, type: 'none', source: mount.source, options: [...options, ...mode] };
}

/** No device that is made in `/dev` can be opened: the usual ones are bound over it, which the runtime then finds there. */
const deviceMounts: readonly Mount[] = names.map(name => ({
  destination: `/dev/${name}`,
  type: 'none',
  source: `/dev/${name}`,
  options: ['bind'],
}));

/** In a user namespace runc binds them itself, and would open what is bound already: a tty that nobody has. */
const deviceMountsOf = (name: string, { isInNamespace }: Isolation): readonly Mount[] =>
  name === 'runc' && isInNamespace ? [] : deviceMounts;

/** What every container has mounted; a user namespace may not have a sysfs of its own. */
function standardMount(mount: Mount, { isInNamespace }: Isolation): Mount {
  const options = standardOptions(mount, isInNamespace);
  if (mount.type !== 'sysfs' || !isInNamespace) return { ...mount, options };
  return { ...mount, type: 'none', source: '/sys', options: ['rbind', ...options] };
}

/** A runtime may tell a size only once the program has begun; what the config says is there from its first moment. */
function terminalOf({ terminal }: Program): object {
  if (terminal === undefined) return { terminal: false };
  const { columns: width, rows: height } = terminal;
  return { terminal: true, ...(width > 0 && height > 0 ? { consoleSize: { height, width } } : {}) };
}

/** The `config.json` of a run (runtime-spec 1.0.2): BuildKit's and docker's, without groups of control and without a seccomp filter. */
function configOf(
  { program, work }: Job,
  { mounts, devices }: { readonly mounts: readonly PreparedMount[]; readonly devices: readonly Mount[] },
  isolation: Isolation,
): object {
  const { uid, gid } = program.user;
  const { isPrivileged } = program;
  return {
    ociVersion: '1.0.2',
    process: {
      ...terminalOf(program),
      user: { uid, gid, ...(isolation.hasOneID ? {} : { additionalGids: allGroups(program.user) }), umask: 0o022 },
      args: program.arguments,
      env: [...program.environment, ...[...program.secrets].map(([name, value]) => `${name}=${value}`)],
      cwd: program.directory,
      capabilities: capabilitiesOf(uid),
      noNewPrivileges: false,
    },
    root: { path: `${work}/root` },
    hostname: program.hostname,
    mounts: [...standardMounts.map(mount => standardMount(mount, isolation)), ...devices, ...mounts.map(mountOf)],
    linux: {
      namespaces: ['pid', 'ipc', 'uts', 'mount'].map(type => ({ type })),
      maskedPaths: isPrivileged ? [] : [...linux.maskedPaths, '/proc/interrupts'],
      readonlyPaths: isPrivileged ? [] : linux.readonlyPaths,
    },
  };
}

/** What a runtime says of a program that it cannot start, which is on its errors already, is a status, as of a shell; anything else is why nothing has begun. */
const endLines = `status=$?
said=$(grep -v level=warn files/log)
case $said in
  '') ;;
  *'not found'* | *'no such file or directory'* | *'No such file or directory'*) status=127 ;;
  *'ermission denied'* | *'exec format error'* | *'Exec format error'* | *'is a directory'*) status=126 ;;
  *) echo "$said" >&4; exit 1 ;;
esac
printf ready >&4
exit $status`;

/** A runtime whose way of not touching groups of control is said in `words`; where the kernel mounts none, `otherwise` does. */
function ociRunner(
  name: 'runc' | 'crun',
  { words, otherwise }: { readonly words: string; readonly otherwise: string },
): Runner {
  return {
    name,
    programs: ['mount', 'base64', 'sh', 'grep', name],
    hasPids: true,
    script(job, isolation) {
      // One of them opens it after it has gone to the bundle.
      const log = `${job.work}/files/log`;
      const { lines, mounts } = prepareMounts(job, isolation.isInNamespace);
      const config = encodeJson(configOf(job, { mounts, devices: deviceMountsOf(name, isolation) }, isolation));
      return [
        ...openLines(job.work),
        ...rootLines(job, isolation.isInNamespace),
        ...lines,
        `point -d ${quoted(job.program.directory)}`,
        ...(job.program.network === 'none' ? loopbackLines : []),
        ...writing(config, 'files/config.json'),
        'mount -n -t proc proc /proc',
        `mount -n -t cgroup2 -o ro cgroup2 /sys/fs/cgroup 2>/dev/null || ${otherwise}`,
        ': > files/log',
        'set +e',
        `${name} ${words} --log ${quoted(log)} --root files/state run --bundle files box ${streams}`,
        endLines,
      ].join('\n');
    },
  };
}

export const runc: Runner = ociRunner('runc', { words: '--rootless true', otherwise: ':' });
export const crun: Runner = ociRunner('crun', {
  words: '--cgroup-manager=disabled',
  otherwise: 'mount -n -t tmpfs tmpfs /sys/fs/cgroup',
});
