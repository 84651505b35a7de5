import { capabilitiesOf, linux, type Mount, mounts as standardMounts } from '../image/runtime-defaults.ts';
import { allGroups, type Job, type Program } from './job.ts';
import { bindLines, prepareMounts } from './prepared-mounts.ts';
import { begin, loopbackLines, openLines, rootLines, streams } from './root-script.ts';
import type { Isolation, Runner } from './runner.ts';
import { quoted, writing } from './shell.ts';

/** What every program may open. */
export const devices: readonly string[] = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/** A path as a table of mounts has it. */
const field = (text: string): string =>
  text.replace(/[\s\\]/g, found => `\\${found.charCodeAt(0).toString(8).padStart(3, '0')}`);

/** One program mounts a whole table: each program that a script starts costs more than what it does. */
const tableLines = (rows: readonly string[]): readonly string[] => ["cat > files/table <<'END'", ...rows, 'END'];
const mountTable = 'mount -n -a -T files/table';

/** The options of what every container has mounted: no device that is made in `/dev` can be opened, and a user namespace may not have a group of terminals. */
export const standardOptions = ({ destination, options }: Mount, isInNamespace: boolean): readonly string[] => [
  ...options.filter(option => !isInNamespace || !option.startsWith('gid=')),
  ...(destination === '/dev' ? ['nodev'] : []),
];

/** What every container has mounted, as runtime-spec's config-linux.md says. A user namespace may not have a sysfs of its own. */
function standardLines({ work }: Job, { isInNamespace, hasPids }: Isolation): readonly string[] {
  const root = `${field(work)}/root`;
  const rowOf = (mount: Mount): string => {
    const { destination, type, source } = mount;
    const isBound = (type === 'sysfs' && isInNamespace) || (type === 'proc' && !hasPids);
    if (isBound) return `${destination} ${root}${destination} none rbind 0 0`;
    return `${source} ${root}${destination} ${type} ${standardOptions(mount, isInNamespace).join(',')} 0 0`;
  };
  const isOuter = ({ destination }: { readonly destination: string }): boolean => !destination.startsWith('/dev/');
  const inner = standardMounts.filter(mount => !isOuter(mount) && mount.type !== 'mqueue');
  return [
    ...standardMounts.filter(isOuter).map(({ destination }) => `point -d ${destination}`),
    ...tableLines(standardMounts.filter(isOuter).map(rowOf)),
    mountTable,
    'mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"',
    'cp -P /dev/fd /dev/stdin /dev/stdout /dev/stderr "$root/dev"',
    'ln -s pts/ptmx "$root/dev/ptmx"',
    ...devices.map(name => `: > "$root/dev/${name}"`),
    ...tableLines([...inner.map(rowOf), ...devices.map(name => `/dev/${name} ${root}/dev/${name} none bind 0 0`)]),
    // Message queues are no part of every kernel.
    'mount -n -t mqueue -o nosuid,noexec,nodev mqueue "$root/dev/mqueue" 2>/dev/null || :',
  ];
}

/** What tells of the machine, or changes it, is hidden: rows of the table for what is there. */
function hidingLines({ work }: Job): readonly string[] {
  const root = `${field(work)}/root`;
  return [
    `r=${quoted(root)}`,
    `for p in ${linux.maskedPaths.join(' ')} /proc/interrupts; do`,
    '  if [ -d "$root$p" ]; then echo "tmpfs $r$p tmpfs ro,size=0 0 0"; elif [ -e "$root$p" ]; then echo "/dev/null $r$p none bind 0 0"; fi',
    'done >> files/table',
    `for p in ${linux.readonlyPaths.join(' ')}; do`,
    '  if [ -e "$root$p" ]; then echo "$r$p $r$p none bind,ro,nosuid,nodev,noexec 0 0"; fi',
    'done >> files/table',
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
function startWords({ program }: Job, hasOneID: boolean): readonly string[] {
  const named = program.environment.filter(text => !text.startsWith('='));
  const safe = named.filter(text => !unsafe.test(text));
  const rest = named.filter(text => unsafe.test(text));
  const { uid, gid } = program.user;
  const limits = program.isPrivileged
    ? []
    : [`--bounding-set=${bounding(capabilitiesOf(0).bounding)}`, '--inh-caps=-all'];
  return [
    ...own.flatMap(name => ['-u', name]),
    ...['--', ...safe],
    ...[
      '"$setpriv"',
      ...limits,
      `--regid=${gid}`,
      hasOneID ? '--keep-groups' : `--groups=${allGroups(program.user).join(',')}`,
    ],
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
  const { isInNamespace, hasOneID } = isolation;
  const { lines, mounts } = prepareMounts(job, isInNamespace);
  const { program } = job;
  return [
    ...openLines(job.work),
    ...rootLines(job, isInNamespace),
    ...lines,
    ...standardLines(job, isolation),
    ...(program.isPrivileged ? [] : hidingLines(job)),
    mountTable,
    ...bindLines(mounts),
    `point -d ${quoted(program.directory)}`,
    ...(program.network === 'none' ? loopbackLines : []),
    `printf %s ${quoted(program.hostname)} > /proc/sys/kernel/hostname 2>/dev/null || :`,
    'env=$(command -v env) setpriv=$(command -v setpriv) unshare=$(command -v unshare)',
    ...(program.environment.some(text => unsafe.test(text)) ? [innerLine] : []),
    ...(program.terminal ? terminalLines(job, hasOneID) : secretLines(program)),
    'cd "$root"',
    // The root becomes the topmost of this namespace: no way leads back above it.
    'mount -n --no-canonicalize --move "$root" /',
    begin,
    `${program.terminal ? `script -qe -c ${quoted(`. ${quoted(startFile(job))}`)} /dev/null` : startLine(job, hasOneID)} ${streams}`,
    'exit $?',
  ].join('\n');
}

const startLine = (job: Job, hasOneID: boolean): string => `"$env" ${startWords(job, hasOneID).map(word).join(' ')}`;
const startFile = ({ work }: Job): string => `${work}/files/start`;

/**
 * A terminal of the run's own: script(1) makes it among those of the root, so that the program finds it there by its name, hands on what is typed and
 * the window's size, and has this process's terminal take nothing of what is typed for itself.
 */
function terminalLines(job: Job, hasOneID: boolean): readonly string[] {
  const start = [...secretLines(job.program), `exec ${startLine(job, hasOneID)}`, ''].join('\n');
  return [
    'mount -n --bind "$root/dev/pts" /dev/pts',
    'mount -n --bind "$root/dev/pts/ptmx" /dev/ptmx',
    `printf 'env=%s setpriv=%s unshare=%s inner=%s\\n' "$env" "$setpriv" "$unshare" "\${inner:-}" > files/start`,
    ...writing(new TextEncoder().encode(start), 'files/rest'),
    'cat files/rest >> files/start',
  ];
}

const needed = ['unshare', 'setpriv', 'mount', 'env', 'base64', 'sh'];

/** Namespaces, mounts and chroot(2), by util-linux alone. */
export const nschroot: Runner = { name: 'nschroot', programs: needed, hasPids: true, script };

/** The same where bubblewrap makes the namespaces: it may where the kernel lets nobody else. No program gains rights by what it is (no_new_privs). */
export const bwrap: Runner = { name: 'bwrap', programs: [...needed, 'bwrap'], hasPids: true, script };

/** The same in the namespace of processes that is there, where a new one is refused. */
export const chroot: Runner = { name: 'chroot', programs: needed, hasPids: false, script };
