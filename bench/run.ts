import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Job, jobs, quickJobs } from './jobs.ts';
import { median, type Run, runOnce } from './measure.ts';

/**
 * `npm run bench -- [JOB…] [--runs N] [--corpus DIR]`: alternates ocikit and its peer in one run and prints medians.
 * Ratios are what counts: the machines are shared and noisy.
 */
const words = process.argv.slice(2);
const option = (name: string, otherwise: string): string => {
  const at = words.indexOf(name);
  return at < 0 ? otherwise : (words.splice(at, 2)[1] ?? otherwise);
};
const runs = Number(option('--runs', '3'));
const corpus = option('--corpus', join(tmpdir(), 'ocikit-corpus'));
const quick = words.includes('--quick');
const wanted = words.filter(word => !word.startsWith('--'));
const program = `${process.execPath} ${join(import.meta.dirname, '../bin/ocikit.cjs')}`;

/** Fresh ground for every run: reusing a directory slows every tool down on some filesystems. */
function once(job: Job, command: string, corpusDirectory: string): Run {
  const place = mkdtempSync(join(job.memoryDisk === true ? '/dev/shm' : tmpdir(), 'ocikit-bench-'));
  try {
    if (job.prepare !== undefined) runOnce(job.prepare(program, corpusDirectory), place);
    return runOnce(command, place);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function measure(job: Job): void {
  const setup = job.corpus(corpus);
  const ours = job.ours(program, setup);
  const peer = job.peer(setup, program);
  const pairs: [Run, Run][] = [];
  for (let index = 0; index < runs; index++) pairs.push([once(job, ours, setup), once(job, peer, setup)]);
  const middle = (pick: (pair: [Run, Run]) => number): string => median(pairs.map(pick)).toFixed(2);
  const columns = [
    job.name.padEnd(28),
    `ratio ${middle(([a, b]) => a.wall / b.wall)} (aim ${job.aim})`.padEnd(28),
    `wall ${middle(([a]) => a.wall)} s : ${middle(([, b]) => b.wall)} s`.padEnd(28),
    `cpu ${middle(([a]) => a.cpu)} s : ${middle(([, b]) => b.cpu)} s`.padEnd(28),
    `memory ${middle(([a]) => a.memory)} MiB : ${middle(([, b]) => b.memory)} MiB`,
  ];
  console.log(columns.join(''));
}

mkdirSync(corpus, { recursive: true });
const chosen = (quick ? quickJobs : jobs).filter(
  job => wanted.length === 0 || wanted.some(word => job.name.startsWith(word)),
);
if (chosen.length === 0)
  throw new Error(`no such job: ${wanted.join(' ')} (there are ${jobs.map(job => job.name).join(', ')})`);
for (const job of chosen) {
  try {
    measure(job);
  } catch (error) {
    console.log(`${job.name.padEnd(28)}not measured: ${(error as Error).message}`);
    if (!quick) process.exitCode = 1;
  }
}
