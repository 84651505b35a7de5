import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasTools, isRoot } from './witness.ts';

/** Runs a program of an engine with these words, perhaps with bytes on its stdin; gives its stdout. Throws with its last words where it fails. */
export type Tool = (words: readonly string[], stdin?: Uint8Array) => Buffer;

/** A running dockerd. */
export interface Docker {
  readonly docker: Tool;
  /** containerd's own client, against the containerd that this dockerd started, in a namespace of the test's. */
  readonly ctr: Tool;
  /** `unix://…`, for `docker -H`. */
  readonly host: string;
  /** The client that fits this daemon. */
  readonly client: string;
  /** Its directory, with its images below it. */
  readonly data: string;
}

/** Debian's client stands here; another in the PATH may be too new for Debian's daemon. */
const debianClient = '/usr/bin/docker';
/** Milliseconds between two questions, and how often a daemon is asked. */
const pause = 100;
const startLimit = 1200;
const stopLimit = 300;

/** A short path, as a socket's may not be longer than 107 bytes. */
const throwAway = (): string => mkdtempSync('/tmp/ocikit-e-');

function lastLines(log: string): string {
  return existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-15).join('\n') : '(no log)';
}

function toolOf(command: string, first: readonly string[], env: Readonly<Record<string, string>> = {}): Tool {
  return (words, stdin) => {
    const answer = spawnSync(command, [...first, ...words], {
      maxBuffer: 1 << 28,
      env: { ...process.env, ...env },
      ...(stdin === undefined ? { stdio: ['ignore', 'pipe', 'pipe'] } : { input: stdin }),
    });
    if (answer.status === 0) return answer.stdout;
    const why = answer.error?.message ?? answer.stderr.toString().slice(-1500);
    throw new Error(`${command} ${words.join(' ')}: ${why}`);
  };
}

/** Unmounts whatever an engine left mounted below a directory, innermost first, and removes it. */
function clear(place: string): void {
  const mounted = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map(line => line.split(' ')[1] ?? '')
    .filter(path => path.startsWith(`${place}/`));
  for (const path of mounted.reverse()) spawnSync('umount', ['-l', path.replaceAll('\\040', ' ')]);
  rmSync(place, { recursive: true, force: true });
}

interface Daemon {
  readonly command: string;
  readonly words: readonly string[];
  readonly log: string;
  /** Whether it answers by now. */
  readonly answers: () => boolean;
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Asks up to so many times, with a pause before each but the first. */
async function until(times: number, holds: () => boolean): Promise<boolean> {
  for (let asked = 0; asked < times; asked++) {
    if (holds()) return true;
    await sleep(pause);
  }
  return holds();
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  if (await until(stopLimit, () => hasEnded(child))) return;
  child.kill('SIGKILL');
  await until(stopLimit, () => hasEnded(child));
}

/** Does work while a daemon runs. It is stopped whatever becomes of the work. */
async function whileRunning<T>({ command, words, log, answers }: Daemon, work: () => Promise<T>): Promise<T> {
  const output = openSync(log, 'w');
  const child = spawn(command, words, { stdio: ['ignore', output, output] });
  closeSync(output);
  const abandon = (): boolean => child.kill('SIGKILL');
  process.once('exit', abandon);
  let problem: Error | undefined;
  child.once('error', error => {
    problem = error;
  });
  try {
    const started = await until(startLimit, () => problem !== undefined || hasEnded(child) || answers());
    if (!started || problem !== undefined || hasEnded(child))
      throw new Error(`${command} did not start: ${problem?.message ?? ''}\n${lastLines(log)}`);
    return await work();
  } finally {
    if (problem === undefined) await stop(child);
    process.off('exit', abandon);
  }
}

/** A containerd whose dockerd was killed is left over. */
function endContainerd(pidFile: string): void {
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  const command = `/proc/${pid}/comm`;
  if (pid > 1 && existsSync(command) && readFileSync(command, 'utf8').startsWith('containerd'))
    process.kill(pid, 'SIGKILL');
}

/**
 * Does work with a dockerd of its own (graph driver vfs, no network). Skips the test with a message where dockerd is not
 * installed or the test does not run as root. Nothing of it is left, also where the work fails.
 */
export async function withDocker(t: TestContext, work: (engine: Docker) => Promise<void>): Promise<void> {
  if (!isRoot(t) || !hasTools(t, 'dockerd', 'containerd', 'ctr', 'runc')) return;
  const place = throwAway();
  const client = existsSync(debianClient) ? debianClient : 'docker';
  const host = `unix://${place}/s`;
  const docker = toolOf(client, ['-H', host], { DOCKER_CONFIG: join(place, 'config') });
  const address = join(place, 'exec/containerd/containerd.sock');
  const ctr = toolOf('ctr', ['-a', address, '-n', 'ocikit']);
  const words = [
    '--data-root',
    `${place}/data`,
    '--exec-root',
    `${place}/exec`,
    '--pidfile',
    `${place}/pid`,
    '-H',
    host,
  ];
  const plain = ['--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver=vfs'];
  const answers = (): boolean => existsSync(`${place}/s`) && spawnSync(client, ['-H', host, 'version']).status === 0;
  try {
    const daemon = { command: 'dockerd', words: [...words, ...plain], log: `${place}/log`, answers };
    await whileRunning(daemon, () => work({ docker, ctr, host, client, data: `${place}/data` }));
  } finally {
    endContainerd(join(place, 'exec/containerd/containerd.pid'));
    clear(place);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Does work with an empty registry of its own at `127.0.0.1:PORT`, without TLS. Skips the test where docker-registry is not installed. */
export async function withRegistry(t: TestContext, work: (address: string) => Promise<void>): Promise<void> {
  if (!hasTools(t, 'docker-registry')) return;
  const place = throwAway();
  const address = `127.0.0.1:${await freePort()}`;
  const config = join(place, 'config.yml');
  writeFileSync(
    config,
    `version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: ${place}/data\nhttp:\n  addr: ${address}\n`,
  );
  const log = join(place, 'log');
  const answers = (): boolean => existsSync(log) && readFileSync(log, 'utf8').includes('listening on');
  try {
    await whileRunning({ command: 'docker-registry', words: ['serve', config], log, answers }, () => work(address));
  } finally {
    clear(place);
  }
}

/** A home whose signature policy accepts everything, with stores of its own; it is cleared when the test ends. */
function home(t: TestContext): { readonly place: string; readonly env: Readonly<Record<string, string>> } {
  const place = throwAway();
  t.after(() => clear(place));
  mkdirSync(join(place, '.config/containers'), { recursive: true });
  writeFileSync(join(place, '.config/containers/policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}');
  return { place, env: { HOME: place, XDG_CONFIG_HOME: join(place, '.config') } };
}

const storage = (place: string): readonly string[] => [
  '--root',
  `${place}/storage`,
  '--runroot',
  `${place}/run`,
  '--storage-driver',
  'vfs',
];

/** podman with an empty store of its own, or undefined after the test has been skipped. */
export function openPodman(t: TestContext): Tool | undefined {
  if (!isRoot(t) || !hasTools(t, 'podman')) return undefined;
  const { place, env } = home(t);
  const words = ['--cgroup-manager', 'cgroupfs', '--events-backend', 'none', '--tmpdir', `${place}/tmp`];
  return toolOf('podman', [...storage(place), ...words], env);
}

/** buildah with an empty store of its own, or undefined after the test has been skipped. */
export function openBuildah(t: TestContext): Tool | undefined {
  if (!isRoot(t) || !hasTools(t, 'buildah')) return undefined;
  const { place, env } = home(t);
  return toolOf('buildah', storage(place), env);
}

/** skopeo that accepts everything, or undefined after the test has been skipped. */
export function openSkopeo(t: TestContext): Tool | undefined {
  if (!hasTools(t, 'skopeo')) return undefined;
  return toolOf('skopeo', [], home(t).env);
}

/** umoci, or undefined after the test has been skipped. */
export function openUmoci(t: TestContext): Tool | undefined {
  return hasTools(t, 'umoci') ? toolOf('umoci', []) : undefined;
}

/** Writes `docker save` of images that dockerd has, by name, to `file`: the docker-archive of 20.10, with its legacy files. */
export function savedByDocker(docker: Tool, file: string, ...names: readonly string[]): string {
  docker(['save', '-o', file, ...names]);
  return file;
}

/** Writes `podman save` of images that podman has; several only as a docker-archive. */
export function savedByPodman(
  podman: Tool,
  file: string,
  { format, names }: { readonly format: 'docker-archive' | 'oci-archive'; readonly names: readonly string[] },
): string {
  const several = names.length > 1 ? ['--multi-image-archive'] : [];
  podman(['save', '--quiet', ...several, '--format', format, '-o', file, ...names]);
  return file;
}

/** Writes what `skopeo copy` makes of an image (`oci:LAYOUT:NAME`) as an archive under `name` (for a docker-archive a full reference). */
export function archivedBySkopeo(
  skopeo: Tool,
  file: string,
  options: { readonly format: 'docker-archive' | 'oci-archive'; readonly image: string; readonly name: string },
): string {
  skopeo(['copy', '--quiet', options.image, `${options.format}:${file}:${options.name}`]);
  return file;
}
