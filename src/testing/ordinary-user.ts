import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nobody } from './as-nobody.ts';
import { temporaryDirectory } from './temporary.ts';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '../..');
const program = join(checkout, 'src/cli/bin.ts');
const isRoot = process.geteuid?.() === 0;
/** Someone whom /etc/passwd does not have, so that nothing but the test gives them ids. */
const [own, first] = [61_234, 700_000];

interface Said {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** A real ordinary user, in processes of their own. */
export interface OrdinaryUser {
  /** A directory of theirs. */
  readonly home: string;
  /** Runs a command line of ocikit in that directory. */
  ocikit(...words: readonly string[]): Said;
  /** How a shell calls ocikit. */
  readonly called: string;
  /** Runs a shell's line in it. */
  shell(script: string): Said;
}

interface Kind {
  /** Nobody else belongs to them, or as many ids as /etc/subuid usually gives; or the kernel gives them no namespace of users. */
  readonly ids: 'own' | 'subordinate' | 'forbidden';
}

/** Why nobody can be made one here. */
function obstacle({ ids }: Kind): string | undefined {
  if (ids !== 'own' && !isRoot) return 'needs root to make such a user';
  const as = isRoot
    ? ['setpriv', '--reuid', String(nobody), '--regid', String(nobody), '--clear-groups', '--']
    : ['env'];
  const try_ = (...words: string[]): boolean =>
    spawnSync(as[0] as string, [...as.slice(1), ...words], { cwd: '/' }).status === 0;
  if (!try_('unshare', '--user', '--map-root-user', 'true')) return 'the kernel gives no user namespaces here';
  if (!try_('test', '-r', program)) return 'an ordinary user cannot read this checkout';
  if (ids === 'subordinate' && spawnSync('sh', ['-c', 'command -v newuidmap']).status !== 0)
    return 'not installed here: newuidmap';
  if (!existsSync('/bin/busybox') || spawnSync('ldd', ['/bin/busybox']).status === 0)
    return 'needs a static busybox (Debian: busybox-static)';
  return undefined;
}

/** An ordinary user; undefined after the test has been skipped. */
export function ordinaryUser(t: TestContext, kind: Kind): OrdinaryUser | undefined {
  const reason = obstacle(kind);
  if (reason !== undefined) {
    t.skip(reason);
    return undefined;
  }
  const directory = temporaryDirectory(t);
  chmodSync(directory, 0o755);
  const home = join(directory, 'home');
  mkdirSync(home);
  const uid = kind.ids === 'own' ? nobody : own;
  if (isRoot) chownSync(home, uid, uid);
  const before = isRoot ? wordsBefore(directory, uid, kind) : [];
  const spoken = (...words: readonly string[]): Said => {
    const [command, ...rest] = [...before, ...words] as [string, ...string[]];
    const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: home, XDG_CACHE_HOME: join(home, 'cache') };
    const { status, stdout, stderr } = spawnSync(command, rest, { cwd: home, encoding: 'utf8', env });
    return { status, out: stdout, err: stderr };
  };
  return {
    home,
    ocikit: (...words) => spoken(process.execPath, '--import', tsx(), program, ...words),
    called: [process.execPath, '--import', tsx(), program].join(' '),
    shell: script => spoken('sh', '-c', script),
  };
}

/** What loads TypeScript, by its place: the user works elsewhere. */
export const tsx = (): string => `file://${join(checkout, 'node_modules/tsx/dist/loader.mjs')}`;

/** Runs a command where the kernel gives nobody another namespace of users, with the ids of the machine. */
const inBarrenNamespace = `
inner='echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
mkfifo "$0" 2>/dev/null
unshare --user sh -c 'read -r go <"$0" && inner=$1 && shift && exec sh -c "$inner" sh "$@"' "$0" "$inner" "$@" &
until [ "$(readlink /proc/$!/ns/user)" != "$(readlink /proc/$$/ns/user)" ]; do sleep 0.02; done
for kind in uid gid; do echo 0 0 70000 > /proc/$!/\${kind}_map; done
echo go > "$0"
wait $!`;

/** The command by which root becomes them: what they have stands in files of their own, which lie over those of the machine for them alone. */
function wordsBefore(directory: string, uid: number, { ids }: Kind): readonly string[] {
  const become = ['setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups', '--'];
  if (ids === 'own') return become;
  if (ids === 'forbidden') return ['sh', '-c', inBarrenNamespace, join(directory, 'go'), ...become];
  const files = {
    passwd: `${readFileSync('/etc/passwd', 'utf8')}ordinary:x:${uid}:${uid}::/:/bin/sh\n`,
    subuid: `ordinary:${first}:65536\n`,
    subgid: `ordinary:${first}:65536\n`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o644 });
  const mounts = Object.keys(files).map(name => `mount --bind ${join(directory, name)} /etc/${name}`);
  return ['unshare', '--mount', '--', 'sh', '-c', [...mounts, 'exec "$@"'].join(' && '), 'sh', ...become];
}
