import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { interruptLatency } from './interrupt-latency.ts';

/**
 * `npm run reliability -- [--write] [WORD…]`: runs the tests that docs/reliability.md promises by and prints what they counted as a
 * table in Markdown, with what was fuzzed in this checkout and how soon a signal ends a command. `--write` puts the table into the
 * document. Words keep the rows whose promise holds one of them. Exits with 1 where a test fails.
 */
interface Row {
  readonly promise: string;
  /** Test files, below src/. */
  readonly files: readonly string[];
  /** What the tests say that they counted: `20 writers at once`. */
  readonly counts: readonly string[];
  readonly more?: Readonly<Record<string, string>>;
}

const rows: readonly Row[] = [
  {
    promise: 'writers of one layout at once, none of whose names is lost',
    files: ['store/layout/lock.test.ts'],
    counts: ['writers at once'],
  },
  { promise: 'deaths of a writing process', files: ['testing/kills.test.ts'], counts: ['deaths'] },
  {
    promise: 'calls that a full or broken disk refused, over all verbs that write',
    files: ['testing/faults.test.ts'],
    counts: ['failing calls'],
  },
  { promise: 'hostile inputs, each with its verdict', files: ['ops/hostile.test.ts'], counts: ['hostile inputs'] },
  {
    promise: 'directories swapped for links while ocikit reads or writes',
    files: ['store/rootfs/attack.test.ts', 'store/rootfs/race.test.ts'],
    counts: ['swaps'],
  },
  { promise: 'signals in the middle of a verb', files: ['ops/interrupt.test.ts'], counts: ['signals'] },
  {
    promise: 'random damage to a layout, mended or refused',
    files: ['ops/fix-whole.test.ts'],
    counts: ['mended', 'refused'],
    more: { OCIKIT_RUNS: '40' },
  },
  {
    promise: 'generated tars held to GNU tar, bsdtar and Python',
    files: ['codec/tar-peers.test.ts'],
    counts: ['read', 'refused'],
    more: { OCIKIT_RUNS: '100' },
  },
];

const root = join(import.meta.dirname, '..');

/** Runs test files; the numbers that they said before each of some words, added up. */
async function countsOf({ files, counts, more = {} }: Row): Promise<readonly number[]> {
  Object.assign(process.env, more);
  const sums = counts.map(() => 0);
  const running = run({ files: files.map(file => join(root, 'src', file)), concurrency: 1 });
  running.on('test:fail', ({ name }) => {
    console.error(`not ok: ${name}`);
    process.exitCode = 1;
  });
  running.on('test:diagnostic', ({ message }) => {
    for (const [at, word] of counts.entries()) {
      const [, number] = new RegExp(`(?:^|, )(\\d+) ${word}(?:$|,)`).exec(message) ?? [];
      if (number !== undefined) sums[at] = (sums[at] ?? 0) + Number(number);
    }
  });
  for await (const _event of running);
  for (const name of Object.keys(more)) delete process.env[name];
  return sums;
}

interface FuzzRun {
  readonly name: string;
  readonly runs: number;
  readonly seconds: number;
  readonly findings: number;
}

/** What `npm run fuzz` has done in this checkout. */
function fuzzed(): string {
  const file = join(root, 'node_modules/.cache/fuzz/runs.jsonl');
  const all = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  const runs = all.filter(line => line !== '').map(line => JSON.parse(line) as FuzzRun);
  const sum = (pick: (one: FuzzRun) => number): number => runs.reduce((total, one) => total + pick(one), 0);
  const targets = new Set(runs.map(({ name }) => name)).size;
  const hours = (sum(one => one.seconds) / 3600).toFixed(2);
  return `${sum(one => one.runs)} inputs, ${hours} hours of CPU, ${targets} targets, ${sum(one => one.findings)} findings`;
}

const words = process.argv.slice(2).filter(word => word !== '--write');
const isWanted = (promise: string): boolean => words.length === 0 || words.some(word => promise.includes(word));

const lines: string[] = [];
for (const row of rows.filter(({ promise }) => isWanted(promise))) {
  const sums = await countsOf(row);
  const figure = sums.map((sum, at) => (row.counts.length === 1 ? `${sum}` : `${sum} ${row.counts[at]}`)).join(', ');
  lines.push(`| ${row.promise} | ${figure} |`);
}
const [fuzzing, latency] = ['inputs of `npm run fuzz`', 'from a signal to the end of a command, milliseconds'];
if (isWanted(fuzzing)) lines.push(`| ${fuzzing} | ${fuzzed()} |`);
if (isWanted(latency)) {
  const { count, median, most } = await interruptLatency(root);
  lines.push(`| ${latency} | median ${median.toFixed(0)}, most ${most.toFixed(0)}, of ${count} commands |`);
}
const table = ['| what | how many |', '|---|---|', ...lines].join('\n');
console.log(table);

if (process.argv.includes('--write')) {
  const file = join(root, 'docs/reliability.md');
  const [begin, end] = ['<!-- figures -->\n', '<!-- end of figures -->'];
  const text = readFileSync(file, 'utf8');
  const [before = ''] = text.split(begin);
  const [, after = ''] = text.split(end);
  writeFileSync(file, `${before}${begin}${table}\n${end}${after}`);
}
