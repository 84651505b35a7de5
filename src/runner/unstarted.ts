import { OciError } from '../errors.ts';
import { type Followed, followInside, hasOtherFormats, readHead } from '../store/disk/resolve-inside.ts';
import type { Job, Program } from './job.ts';
import { formatLength, formatOf } from './program-format.ts';
import { placesIn } from './world.ts';

/** Why a program cannot be started, with the status that a shell would have for it: 127 for what is not there, 126 for what is. */
interface Unstarted {
  readonly status: 126 | 127;
  readonly error: OciError;
}

/** What a path turned out to be; nobody knows of some. */
type Looked = 'nothing' | 'unknown' | 'a program' | Fault;
/** What keeps a file from being started. */
interface Fault {
  readonly status: Unstarted['status'];
  readonly expected: string;
  readonly got: string;
}

/** ELF's numbers of processors, by Node's names of those that run their own and that of a smaller sister. */
const machines: Readonly<Record<string, readonly number[]>> = { x64: [62, 3], arm64: [183, 40] };
const machineNames: Readonly<Record<number, string>> = {
  3: '386',
  8: 'mips',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'amd64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
};
const [anyone, owners, groupsOrOthers] = [0o111, 0o100, 0o011];

/**
 * Why a program will not be started, where that is certain: as the kernel and the C library look for it (execve(2), exec(3)), links and mounts of its own
 * world followed. Undefined where it will, or where only trying tells.
 */
export function whyUnstarted(job: Job): Unstarted | undefined {
  const { program } = job;
  const [name = ''] = program.arguments;
  if (program.secrets.has('PATH')) return undefined;
  const path = pathOf(program);
  const found: Fault[] = [];
  for (const candidate of name.includes('/') ? [name] : path.split(':').map(at => `${at || '.'}/${name}`)) {
    const looked = lookAt(candidate, job);
    if (looked === 'a program' || looked === 'unknown') return undefined;
    if (looked !== 'nothing') found.push(looked);
  }
  const expected = name.includes('/') ? 'a program in the image' : `a program in PATH (${path})`;
  const [fault = { status: 127, expected, got: 'none' } as const] = found;
  return {
    status: fault.status,
    error: new OciError('not-found', name, `expected ${fault.expected}, got ${fault.got}`),
  };
}

/** An environment without PATH has what the C library looks in. */
const pathOf = ({ environment }: Program): string =>
  environment.findLast(entry => entry.startsWith('PATH='))?.slice('PATH='.length) ?? '/bin:/usr/bin';

/** A path as the program's own directory has it. */
function follow(path: string, job: Job): Followed | undefined {
  const absolute = path.startsWith('/') ? path : `${job.program.directory}/${path}`;
  return absolute.includes('\0') ? undefined : followInside(absolute, placesIn(job));
}

function lookAt(candidate: string, job: Job): Looked {
  const { program } = job;
  const followed = follow(candidate, job);
  if (followed === undefined) return 'unknown';
  if (followed.at === undefined) return 'nothing';
  const { place, stat } = followed.at;
  if (stat.isDirectory()) return fault('a program', 'a directory');
  if ((stat.mode & anyone) === 0) return fault('a program', 'a file that nobody may execute');
  if (!isAllowed(followed, program))
    return fault('a program', `one that the user ${program.user.uid}:${program.user.gid} may not execute`);
  const { machine, interpreter } = formatOf(readHead(place, formatLength) ?? new Uint8Array());
  const own = machines[process.arch];
  if (machine !== undefined && own !== undefined && !own.includes(machine) && !hasOtherFormats()) {
    const [wanted, got] = [own[0] as number, machine].map(number => machineNames[number] ?? `the processor ${number}`);
    return fault(`a program for ${wanted}`, `one for ${got}`);
  }
  if (interpreter === undefined) return 'a program';
  const needed = follow(interpreter, job);
  if (needed === undefined || needed.at !== undefined) return 'a program';
  return { status: 127, expected: `what it is started with in the image, ${interpreter}`, got: 'nothing' };
}

const fault = (expected: string, got: string): Fault => ({ status: 126, expected, got });

/** Whether a user may get to a file and execute it; lists of access (acl(5)) can allow no more than the group's mode does. */
function isAllowed({ at, passed }: Followed, { user }: Program): boolean {
  if (user.uid === 0 || at === undefined) return true;
  return [...passed, at.stat].every(({ uid, mode }) => (mode & (uid === user.uid ? owners : groupsOrOthers)) !== 0);
}
