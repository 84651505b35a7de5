import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The processes that a process has started and that still run; none where the kernel does not say. */
export function childrenOf(pid: number | undefined): readonly number[] {
  if (pid === undefined) return [];
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** What tells a process's namespace of mounts from every other; undefined where that process is gone. */
export function mountNamespaceOf(pid: number | string | undefined): string | undefined {
  try {
    return pid === undefined ? undefined : readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}

/** Rounds of killing: what forks faster than that stays. */
const rounds = 100;

/** Kills all processes of another namespace of mounts. */
export function killNamespace(namespace: string | undefined): void {
  if (namespace === undefined || namespace === mountNamespaceOf('self')) return;
  for (let round = 0; round < rounds; round++) {
    const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name) && mountNamespaceOf(name) === namespace);
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
  }
}
