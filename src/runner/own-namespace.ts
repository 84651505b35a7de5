import { type ChildProcess, spawn } from 'node:child_process';
import { type OciError, systemError, unsupported } from '../errors.ts';
import { findProgram } from '../store/disk/find-program.ts';
import { type IdRange, mapOneID, subordinateRanges } from '../store/disk/user-ids.ts';
import { hostFailure } from './host-program.ts';
import { hostPath } from './root-script.ts';
import type { ProgramSignals } from './signals.ts';

/** What is made of who is not root: root of a user namespace, alone there or with the users that `/etc/subuid` and `/etc/subgid` give. */
interface Again {
  /** The command that is to run there: this very one. */
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signals: ProgramSignals;
  /** Who is there: the caller alone, or their subordinate ids as well, where there are some. */
  readonly ids: 'own' | 'all';
}

/** What may keep who is not root from a user namespace. */
export const whyNone =
  'the kernel may forbid them: sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns';

const ready = 'ready';
/** Says that the namespace is there, and goes on when its ids are: until then errors go to who waits (2), not to the caller's own (4). */
const script = `printf ${ready} >&2 && exec 2>&4 4>&- && read -r ids <&3 && exec "$@" 3<&-`;

/**
 * Runs a command as root of a user namespace of its own; answers its exit status. It has this process's streams, and ends with it. Throws
 * `unsupported` where the kernel gives no such namespace.
 */
export async function runInOwnNamespace({ words, environment, signals, ids }: Again): Promise<number> {
  const start = ['--user', '--', 'sh', '-c', script, 'sh', 'setpriv', '--pdeathsig', 'KILL', '--', ...words];
  const [unshare, sh] = ['unshare', 'sh'].map(name => findProgram(name, hostPath));
  if (unshare === undefined || sh === undefined) throw refused('no program unshare');
  const child = spawn(unshare, start, {
    env: { ...environment, PATH: `${environment['PATH'] ?? ''}:${hostPath}` },
    stdio: ['inherit', 'inherit', 'pipe', 'pipe', 2],
  });
  const release = signals.listen(name => void process.kill(child.pid as number, name));
  try {
    return await ending(child, ids);
  } finally {
    release();
  }
}

function ending(child: ChildProcess, ids: Again['ids']): Promise<number> {
  return new Promise((resolve, reject) => {
    const [, , said, input] = child.stdio as unknown as readonly [
      null,
      null,
      NodeJS.ReadableStream,
      NodeJS.WritableStream,
    ];
    let report = '';
    input.on('error', () => undefined);
    said.on('error', () => undefined);
    said.on('data', (chunk: Uint8Array) => {
      report += String(chunk);
      if (report !== ready) return;
      try {
        giveIds(child.pid as number, ids);
        input.end('ids\n');
      } catch (error) {
        child.kill('SIGKILL');
        reject(error);
      }
    });
    child.on('error', error => reject(systemError(error, 'unshare', 'a program that can be started')));
    child.on('close', (code, signal) => {
      if (report === ready) resolve(code ?? (signal === 'SIGKILL' ? 137 : 143));
      else reject(refused(report.trim() || 'none'));
    });
  });
}

const refused = (got: string): OciError =>
  unsupported('runner', 'root, or a user namespace', got, {
    hint: whyNone,
  });

/** Gives a new namespace the ids of who made it, by the programs that may. */
function giveIds(pid: number, ids: Again['ids']): void {
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0];
  const ranges = subordinateRanges(uid, gid);
  const maps = [findProgram('newuidmap', hostPath), findProgram('newgidmap', hostPath)];
  if (ids === 'own' || ranges === undefined || maps.includes(undefined)) {
    mapOneID(pid, { uid, gid });
    return;
  }
  for (const [program, all] of [
    [maps[0], ranges.uids],
    [maps[1], ranges.gids],
  ] as const) {
    const failure = hostFailure(program as string, [String(pid), ...all.flatMap(wordsOf)]);
    if (failure !== undefined) throw unsupported(program as string, 'the ids of /etc/subuid and /etc/subgid', failure);
  }
}

const wordsOf = ({ inside, outside, size }: IdRange): readonly string[] => [inside, outside, size].map(String);
