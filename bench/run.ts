import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { makeSmallTrees, makeTinyTrees } from './corpus.ts';
import { type Job, jobs, quickJobs } from './jobs.ts';
import { groundOf, median, type Run, runOnce } from './measure.ts';

/**
 * `npm run bench -- [JOB…] [--small] [--runs N] [--corpus DIR]`: alternates ocikit and its peer in one run and prints a table of
 * medians in Markdown, as docs/performance.md has it. Ratios are what counts: the machines are shared and noisy, and of a busy one
 * the ratios of CPU seconds. `--small` takes smaller trees. `--check` runs every job once over a corpus of a few files and judges
 * no time: it fails where a job does not work.
 */
const words = process.argv.slice(2);
const option = (name: string, otherwise: string): string => {
  const at = words.indexOf(name);
  return at < 0 ? otherwise : (words.splice(at, 2)[1] ?? otherwise);
};
const [quick, check, small] = ['--quick', '--check', '--small'].map(word => words.includes(word));
const runs = check ? 1 : Number(option('--runs', '3'));
const corpus = check
  ? mkdtempSync(join(tmpdir(), 'ocikit-corpus-'))
  : option('--corpus', join(tmpdir(), small ? 'ocikit-corpus-small' : 'ocikit-corpus'));
const wanted = words.filter(word => !word.startsWith('--'));
/** As users start it, with the Node that runs this. */
const program = join(import.meta.dirname, '../bin/ocikit.cjs');
process.env['PATH'] = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);

/** Fresh ground for every run: reusing a directory slows every tool down on some filesystems. */
function once(job: Job, who: 'ours' | 'peer', corpusDirectory: string): Run {
  const command = who === 'ours' ? job.ours(program, corpusDirectory) : job.peer(corpusDirectory, program);
  const place = mkdtempSync(join(job.memoryDisk === true ? '/dev/shm' : tmpdir(), 'ocikit-bench-'));
  try {
    if (job.prepare !== undefined) runOnce(job.prepare(program, corpusDirectory, who), place);
    return runOnce(command, place);
  } finally {
    if (job.clean !== undefined) runOnce(job.clean, place);
    rmSync(place, { recursive: true, force: true });
  }
}

const header = ['job', 'ratio', 'of CPU', 'aim', 'seconds', "peer's", 'CPU seconds', "peer's", 'MiB', "peer's"];
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** A line of a table in Markdown: medians over the runs. */
function measure(job: Job): string {
  const setup = job.corpus(corpus);
  const pairs: [Run, Run][] = [];
  for (let index = 0; index < runs; index++) pairs.push([once(job, 'ours', setup), once(job, 'peer', setup)]);
  const middle = (pick: (pair: [Run, Run]) => number): string => median(pairs.map(pick)).toFixed(2);
  const ratio = (pick: (run: Run) => number): string => middle(([a, b]) => pick(a) / pick(b));
  const both = (pick: (run: Run) => number): string[] => [middle(([a]) => pick(a)), middle(([, b]) => pick(b))];
  const columns = [...both(run => run.wall), ...both(run => run.cpu), ...both(run => run.memory)];
  return row([job.name, ratio(run => run.wall), ratio(run => run.cpu), job.aim, ...columns]);
}

mkdirSync(corpus, { recursive: true });
if (check) makeTinyTrees(corpus);
else if (small) makeSmallTrees(corpus);
const chosen = (quick ? quickJobs : check ? [...jobs, ...quickJobs] : jobs).filter(
  job => wanted.length === 0 || wanted.some(word => job.name.startsWith(word)),
);
if (chosen.length === 0)
  throw new Error(`no such job: ${wanted.join(' ')} (there are ${jobs.map(job => job.name).join(', ')})`);
if (!check) console.log(`${groundOf(runs)}\n\n${row(header)}\n${row(header.map(() => '---'))}`);
for (const job of chosen) {
  try {
    const line = measure(job);
    console.log(check ? `${job.name} works` : line);
  } catch (error) {
    console.log(row([job.name, `not measured: ${(error as Error).message}`]));
    if (!quick) process.exitCode = 1;
  }
}
if (check) rmSync(corpus, { recursive: true, force: true });
