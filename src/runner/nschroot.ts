import { capabilitiesOf, linux, mounts as standardMounts } from '../image/runtime-defaults.ts';
import type { Job, Program } from './job.ts';
import { bindLines, prepareMounts } from './prepared-mounts.ts';
import { begin, loopbackLines, openLines, rootLines, streams } from './root-script.ts';
import type { Isolation, Runner } from './runner.ts';
import { quoted } from './shell.ts';

const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
const links: readonly (readonly [string, string])[] = [
  ['/proc/self/fd', 'fd'],
  ['/proc/self/fd/0', 'stdin'],
  ['/proc/self/fd/1', 'stdout'],
  ['/proc/self/fd/2', 'stderr'],
  ['pts/ptmx', 'ptmx'],
];

/** What every container has mounted, as runtime-spec's config-linux.md says. A user namespace may not have a sysfs of its own. */
function standardLines({ isInNamespace, hasPids }: Isolation): readonly string[] {
  const lines = standardMounts.flatMap(({ destination, type, source, options }) => {
    const target = `"$root"${destination}`;
    const point = `point -d ${destination}`;
    const isOwn = type !== 'proc' || hasPids;
    if ((type === 'sysfs' && isInNamespace) || !isOwn) return [point, `mount --rbind ${destination} ${target}`];
    const said = options.filter(option => !isInNamespace || !option.startsWith('gid='));
    const all = destination === '/dev' ? [...said, 'nodev'] : said;
    const mount = `mount -t ${type} -o ${all.join(',')} ${source} ${target}`;
    // Message queues are no part of every kernel.
    return [point, type === 'mqueue' ? `${mount} 2>/dev/null || :` : mount];
  });
  const nodes = devices.map(name => `: > "$root/dev/${name}"; mount --bind /dev/${name} "$root/dev/${name}"`);
  return [...lines, ...nodes, ...links.map(([to, name]) => `ln -s ${to} "$root/dev/${name}"`)];
}

/** What tells of the machine, or changes it, is hidden. */
function hidingLines(): readonly string[] {
  return [
    `for p in ${linux.maskedPaths.join(' ')} /proc/interrupts; do`,
    '  if [ -d "$root$p" ]; then mount -t tmpfs -o ro,size=0 tmpfs "$root$p"; elif [ -e "$root$p" ]; then mount --bind /dev/null "$root$p"; fi',
    'done',
    `for p in ${linux.readonlyPaths.join(' ')}; do`,
    '  if [ -e "$root$p" ]; then mount --bind "$root$p" "$root$p"; mount -o remount,bind,ro,nosuid,nodev,noexec "$root$p"; fi',
    'done',
  ];
}

/** Docker's capabilities, as setpriv writes them. */
const bounding = (names: readonly string[]): string =>
  ['-all', ...names.map(name => `+${name.slice('CAP_'.length).toLowerCase()}`)].join(',');

/** Variables by which the loader and the C library of the host's own programs would take code or data from elsewhere. */
const unsafe = /^(LD_|GCONV_PATH=|LOCPATH=|GLIBC_TUNABLES=)/;
/** What a shell may have exported by itself. */
const own = ['PATH', 'PWD', 'OLDPWD', 'SHLVL', '_', 'LC_ALL'];

/** The command that becomes the program: its variables, its user, its root. */
function startWords({ program }: Job, isInNamespace: boolean): readonly string[] {
  const named = program.environment.filter(text => !text.startsWith('='));
  const safe = named.filter(text => !unsafe.test(text));
  const rest = named.filter(text => unsafe.test(text));
  const { uid, gid, additionalGids } = program.user;
  const groups = additionalGids.length === 0 ? '--clear-groups' : `--groups=${additionalGids.join(',')}`;
  const limits = program.isPrivileged
    ? []
    : [`--bounding-set=${bounding(capabilitiesOf(0).bounding)}`, '--inh-caps=-all'];
  return [
    ...own.flatMap(name => ['-u', name]),
    ...['--', ...safe],
    ...['"$setpriv"', ...limits, `--regid=${gid}`, isInNamespace ? '--keep-groups' : groups],
    ...['"$unshare"', '--root=.', `--wd=${program.directory}`, ...(uid === 0 ? [] : [`--setuid=${uid}`]), '--'],
    // A program of the root's own sets what the host's must not see.
    ...(rest.length === 0 ? [] : ['"$inner"', ...rest]),
    ...program.arguments,
  ];
}

/** Where the root's own env is. */
const innerLine =
  'inner=; for p in /usr/bin/env /bin/env; do [ -e "$root$p" ] || [ -h "$root$p" ] || continue; inner=$p; break; done; [ -n "$inner" ] || { echo "no env in the root, which a variable of the loader needs" >&2; exit 1; }';

const word = (text: string): string => (/^"\$\w+"$/.test(text) ? text : quoted(text));

const secretLines = ({ secrets }: Program): readonly string[] =>
  [...secrets].map(([name, value]) => `export ${name}=${quoted(value)}`);

function script(job: Job, isolation: Isolation): string {
  const { isInNamespace } = isolation;
  const { lines, mounts } = prepareMounts(job, isInNamespace);
  const { program } = job;
  return [
    ...openLines(job.work),
    ...rootLines(job, isInNamespace),
    ...lines,
    ...standardLines(isolation),
    ...bindLines(mounts),
    ...(program.isPrivileged ? [] : hidingLines()),
    `point -d ${quoted(program.directory)}`,
    ...(program.network === 'none' ? loopbackLines : []),
    `printf %s ${quoted(program.hostname)} > /proc/sys/kernel/hostname 2>/dev/null || :`,
    'env=$(command -v env) setpriv=$(command -v setpriv) unshare=$(command -v unshare)',
    ...(program.environment.some(text => unsafe.test(text)) ? [innerLine] : []),
    ...secretLines(program),
    'cd "$root"',
    // The root becomes the topmost of this namespace: no way leads back above it.
    'mount --no-canonicalize --move "$root" /',
    begin,
    `"$env" ${startWords(job, isInNamespace).map(word).join(' ')} ${streams}`,
    'exit $?',
  ].join('\n');
}

const needed = ['unshare', 'setpriv', 'mount', 'env', 'base64', 'sh'];

/** Namespaces, mounts and chroot(2), by util-linux alone. */
export const nschroot: Runner = { name: 'nschroot', programs: needed, hasPids: true, script };

/** The same in the namespace of processes that is there, where a new one is refused. */
export const chroot: Runner = { name: 'chroot', programs: needed, hasPids: false, script };
