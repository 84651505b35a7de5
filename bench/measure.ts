import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';

/** One run of a command as a whole process: seconds and MiB. */
export interface Run {
  readonly wall: number;
  readonly cpu: number;
  readonly memory: number;
}

const environment = { ...process.env, SOURCE_DATE_EPOCH: '1700000000', NODE_EXTRA_CA_CERTS: undefined };
const time = '/usr/bin/time';

/** Runs a shell command once. CPU time and peak memory need GNU time; without it they are not a number. */
export function runOnce(command: string, cwd: string): Run {
  const place = mkdtempSync(join(tmpdir(), 'ocikit-bench-'));
  const report = join(place, 'time');
  const words = existsSync(time) ? [time, '-f', '%U %S %M', '-o', report, 'sh', '-c', command] : ['sh', '-c', command];
  const begin = process.hrtime.bigint();
  const run = spawnSync(words[0] as string, words.slice(1), {
    cwd,
    env: environment,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const wall = Number(process.hrtime.bigint() - begin) / 1e9;
  const [user = Number.NaN, system = Number.NaN, memory = Number.NaN] = existsSync(report)
    ? readFileSync(report, 'utf8').trim().split(/\s+/).slice(-3).map(Number)
    : [];
  rmSync(place, { recursive: true, force: true });
  if (run.status !== 0) throw new Error(`${command}: exit ${run.status}: ${run.stderr.slice(-300)}`);
  return { wall, cpu: user + system, memory: memory / 1024 };
}

const versionOf = (command: string): string =>
  /\d+(\.\d+)+/.exec(spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[0] ?? 'missing';

/** What is measured on, in a sentence. */
export function groundOf(runs: number): string {
  const peers = ['umoci', 'skopeo', 'bsdtar', 'pigz'].map(peer => `${peer} ${versionOf(peer)}`);
  const busy = (loadavg()[0] ?? 0) / availableParallelism();
  const load = busy < 0.5 ? 'idle' : `busy: ${busy.toFixed(1)} processes a core`;
  return `Medians of ${runs}; Node ${process.version}, ${peers.join(', ')}; ${availableParallelism()} cores, ${load}.`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
