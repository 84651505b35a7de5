import { readFileSync, readlinkSync } from 'node:fs';
import { systemCode } from './system-error.ts';

/** A process, told from every other one: the machine's boot, the process's namespace, its number there, and when it started. */
interface Owner {
  readonly boot: string;
  readonly namespace: string;
  readonly pid: number;
  readonly start: string;
}

/** `unknown` where it runs, or ran, on another machine, in another container, or where the kernel does not tell. */
type OwnerState = 'alive' | 'dead' | 'unknown';

const form = /^([0-9a-f]{8})-(\d+)-(\d+)-(\d+)$/;

/** State and start of a process: fields 3 and 22 (clock ticks since boot) of /proc/PID/stat. The second field is a name in brackets that may hold anything. */
function statOf(pid: number | 'self'): { readonly state: string; readonly start: string } {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', start: fields[19] ?? '' };
}

function readOwner(): Owner {
  const { pid } = process;
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
    const namespace = readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
    // In a namespace of its own that kept its maker's /proc, numbers there are not ours: such an owner is never judged by number.
    const isOurs = readlinkSync('/proc/self') === `${pid}`;
    return { boot, namespace: isOurs ? namespace : '0', pid, start: statOf('self').start };
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return { boot: '00000000', namespace: '0', pid, start: '0' };
  }
}

let self: Owner | undefined;

/** This start of the machine, as text. */
export function bootText(): string {
  self ??= readOwner();
  return self.boot;
}

/** This process, as text that can be part of a file's name. */
export function ownerText(): string {
  self ??= readOwner();
  return `${self.boot}-${self.namespace}-${self.pid}-${self.start}`;
}

function isRunning({ pid, start }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
  }
  try {
    const found = statOf(pid);
    return found.start === start && found.state !== 'Z';
  } catch {
    // A /proc that hides other users' processes: it is there, and that is all that can be known.
    return true;
  }
}

/** Whether the process that `ownerText` named still runs. */
export function ownerState(text: string): OwnerState {
  const [, boot, namespace, pid, start] = form.exec(text) ?? [];
  self ??= readOwner();
  if (boot === undefined || namespace === undefined || start === undefined) return 'unknown';
  if (namespace === '0' || boot !== self.boot || namespace !== self.namespace) return 'unknown';
  return isRunning({ boot, namespace, pid: Number(pid), start }) ? 'alive' : 'dead';
}

/** Whether the process that `ownerText` named ran on this machine since it was started: its locks of open files are seen here. */
export function isSameMachine(text: string): boolean {
  const boot = form.exec(text)?.[1];
  self ??= readOwner();
  return boot !== undefined && boot !== '00000000' && boot === self.boot;
}
