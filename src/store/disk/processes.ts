import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

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
function mountNamespaceOf(pid: number | string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}

/** Rounds of killing: what forks faster than that stays. */
const rounds = 100;

/** A process's namespace of mounts. While it is held no other gets its number, which is the next that is made's as soon as it is gone. State: whether it is held. */
export class MountNamespace {
  readonly #name: string;
  #file: number | undefined;

  private constructor(file: number) {
    this.#file = file;
    this.#name = readlinkSync(`/proc/self/fd/${file}`);
  }

  /** Undefined where that process is gone, or has no other than this one. */
  static of(pid: number | undefined): MountNamespace | undefined {
    if (pid === undefined || [undefined, mountNamespaceOf('self')].includes(mountNamespaceOf(pid))) return undefined;
    try {
      return new MountNamespace(openSync(`/proc/${pid}/ns/mnt`, 'r'));
    } catch {
      return undefined;
    }
  }

  /** Kills all of its processes, and lets go of it. */
  end(): void {
    if (this.#file === undefined) return;
    for (let round = 0; round < rounds; round++) {
      const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name) && mountNamespaceOf(name) === this.#name);
      if (pids.length === 0) break;
      for (const pid of pids) {
        try {
          process.kill(Number(pid), 'SIGKILL');
        } catch {
          // It has ended meanwhile.
        }
      }
    }
    closeSync(this.#file);
    this.#file = undefined;
  }
}
